"""A list is narrowed by known words alone; every fault is named and none is echoed."""

from uuid import UUID

import pytest

from mapping.errors import InvalidInput
from mapping.layers.report_filters import (
    LISTED_CATEGORIES,
    LISTED_LAYERS,
    ListRequest,
    PageKey,
    ReportFilters,
    read_list_request,
)

KEY = PageKey("2026-11", UUID("0a1b2c3d-0000-4000-8000-00000000000f"))


def test_nothing_asked_is_everything() -> None:
    everything = ListRequest(ReportFilters(), None, "cards")
    assert read_list_request({}) == everything
    assert read_list_request({"layer": "", "since": "", "after": "", "lang": "en"}) == everything


def test_what_is_asked_is_read() -> None:
    asked = {"layer": "unlit_streets", "category": "no_lamps", "when": "night", "status": "open", "since": "2026-03"}
    found = read_list_request({**asked, "view": "table", "after": str(KEY)})
    assert found == ListRequest(ReportFilters(**asked), KEY, "table")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("layer", "vulnerable_households"),
        ("category", "gender_based_violence"),
        ("category", "survivor_shelter"),
        ("when", "NIGHT"),
        ("status", "hidden"),
        ("view", "map"),
        ("since", "2026-13"),
        ("since", "2026-1"),
        ("since", "0000-01"),
        ("since", "２０２６-01"),
        ("since", "2026-01\n"),
        ("after", "2026-11"),
        ("after", "2026-11_" + "g" * 36),
        ("after", str(KEY) + "\x00"),
        ("after", "2026-00_" + str(KEY.id)),
    ],
)
def test_a_value_that_is_none_is_named_and_not_echoed(field: str, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_list_request({field: text, "when": "sometimes"} if field != "when" else {field: text})
    errors = {error.field: error.reason for error in refused.value.errors}
    assert set(errors) == {field, "when"}
    assert text not in errors[field]


def test_nothing_confidential_can_be_asked_for() -> None:
    assert "vulnerable_households" not in LISTED_LAYERS
    assert {"harassment", "no_lamps"} <= set(LISTED_CATEGORIES)
    assert not {"gender_based_violence", "survivor_shelter", "displaced_people_support"} & set(LISTED_CATEGORIES)
