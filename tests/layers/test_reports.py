"""Whatever is sent, a report keeps every rule or is refused with a list of fields."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import Conflict, InvalidInput
from mapping.layers.reports import ReportDraft, read_report
from mapping.layers.states import MODERATION, STATUS, next_moderation, next_status
from tests.factories import CONSENTS, report_payload

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BOUNDARY = shapely.box(24.93, 60.16, 24.96, 60.18)
CORNERS = [[24.94, 60.17], [24.941, 60.171]]
LINE = {"type": "LineString", "coordinates": CORNERS}


def read(channel: str = "web", **changes: Any) -> ReportDraft:
    return read_report(report_payload(**changes), boundary=BOUNDARY, now=NOW, channel=channel)


def refused(**changes: Any) -> set[str]:
    with pytest.raises(InvalidInput) as caught:
        read(**changes)
    return {error.field for error in caught.value.errors}


def test_a_good_report_is_read() -> None:
    draft = read(observed_at="2026-10-20T18:00:00+03:00", geometry=LINE, answers={"whole_street": "yes"})
    assert draft.observed_at == datetime(2026, 10, 20, 15, tzinfo=UTC)
    assert draft.geometry is not None
    assert draft.geometry.equals(shapely.LineString(CORNERS))
    assert draft.answers == {"whole_street": "yes"}


def test_words_alone_are_enough() -> None:
    assert read(geometry=..., place=" by the school ").place == "by the school"
    assert refused(geometry=..., place=" ") == {"geometry"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"severity": True}, "severity"),
        ({"severity": 2.0}, "severity"),
        ({"affected": ["children", "children"]}, "affected"),
        ({"affected": "children"}, "affected"),
        ({"answers": {"nobody_asked": "yes"}}, "answers"),
        ({"answers": {"whole_street": ["yes"]}}, "answers.whole_street"),
        ({"consents": {**CONSENTS, "store": False}}, "consents.store"),
        ({"consents": {**CONSENTS, "police": 1}}, "consents.police"),
        ({"consents": {**CONSENTS, "sell": True}}, "consents"),
        ({"observed_at": "2027-01-01T00:00:00Z"}, "observed_at"),
        ({"observed_at": "1999-01-01T00:00:00Z"}, "observed_at"),
        ({"observed_at": "2026-10-20T18:00:00"}, "observed_at"),
        ({"observed_at": "0001-01-01T00:00:00+23:59"}, "observed_at"),
        ({"description": "x" * 2001}, "description"),
        ({"place": "a\u202eb"}, "place"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "geometry.type"),
        ({"geometry": {"type": "Point", "coordinates": [24.94, 60.17, 3.0]}}, "geometry.coordinates"),
        ({"geometry": {"type": "Point", "coordinates": [True, 60.17]}}, "geometry.coordinates"),
        ({"geometry": {"type": "Point", "coordinates": [24.94, 60.17], "crs": "x"}}, "geometry"),
        ({"geometry": {"type": "LineString", "coordinates": [[24.94, 60.17]] * 2}}, "geometry.coordinates"),
        ({"geometry": LINE, "category": "dark_stop"}, "geometry.type"),
        (
            {
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[24.94, 60.17], [24.942, 60.172], [24.942, 60.17], [24.94, 60.172]],
                }
            },
            "geometry.coordinates",
        ),
        ({"geometry": {"type": "LineString", "coordinates": [[24.93, 60.16], [24.96, 60.18]]}}, "geometry.coordinates"),
    ],
)
def test_a_broken_rule_names_its_field(changes: dict[str, Any], field: str) -> None:
    assert field in refused(**changes)


def test_all_faults_are_found_in_one_go() -> None:
    assert refused(severity=9, when="noon", category="x", extra=1) >= {"severity", "when", "category", "extra"}


def test_households_are_entered_by_mobilizers_only() -> None:
    assert "category" in refused(category="vulnerable_household")
    assert read(channel="assisted", category="vulnerable_household").category == "vulnerable_household"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_refused_politely(payload: object) -> None:
    with pytest.raises(InvalidInput):
        read_report(payload, boundary=BOUNDARY, now=NOW)


@given(st.sampled_from(sorted(report_payload())), json_values)
def test_any_value_in_any_field_is_read_or_refused(field: str, value: object) -> None:
    draft = None
    with contextlib.suppress(InvalidInput):
        draft = read_report({**report_payload(), field: value}, boundary=BOUNDARY, now=NOW)
    assert draft is None or isinstance(draft, ReportDraft)


def test_states_follow_their_tables_only() -> None:
    assert next_moderation("submitted", "publish") == "published"
    assert next_moderation("published", "hide") == "hidden"
    assert next_status("closed_without_action", "reopen") == "reopened"
    for table, step in ((MODERATION, next_moderation), (STATUS, next_status)):
        for state, steps in table.items():
            assert set(steps.values()) <= set(table)
            with pytest.raises(Conflict):
                step(state, "fly")
    with pytest.raises(Conflict):
        next_moderation("rejected", "hide")
