"""The numbers of a community: set, checked, kept beside its other settings."""

import pytest

from mapping.errors import InvalidInput, NotFound
from mapping.layers.emergency_numbers import DEFAULT_NUMBERS
from mapping.services.analysis_settings import read_parameters, set_parameters
from mapping.services.emergency_numbers import read_numbers, set_numbers
from mapping.store.database import Database


async def test_numbers_are_set_and_go_back(database: Database, town: str, other_town: str) -> None:
    assert await read_numbers(database, town) == DEFAULT_NUMBERS
    changed = await set_numbers(database, town, {"helpline": " 0 800 500 335 ", "police": "+380 44 123-45-67"})
    assert changed == {**DEFAULT_NUMBERS, "helpline": "0 800 500 335", "police": "+380 44 123-45-67"}
    assert await set_numbers(database, town, {"police": ""}) == {**DEFAULT_NUMBERS, "helpline": "0 800 500 335"}
    assert await read_numbers(database, other_town) == DEFAULT_NUMBERS


async def test_settings_leave_each_other_alone(database: Database, town: str) -> None:
    await set_numbers(database, town, {"rescue": "112"})
    await set_parameters(database, town, {"reach_m": "60"})
    await set_numbers(database, town, {"police": "112"})
    assert (await read_parameters(database, town))["reach_m"] == 60
    assert await read_numbers(database, town) == {**DEFAULT_NUMBERS, "rescue": "112", "police": "112"}


@pytest.mark.parametrize("number", ["call me", "<a>112</a>", "1\x002", "1" * 16, "+", "112\u202e"])
async def test_what_is_no_number_changes_nothing(database: Database, town: str, number: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await set_numbers(database, town, {"police": "112", "rescue": number})
    assert [error.field for error in refusal.value.errors] == ["rescue"]
    assert await read_numbers(database, town) == DEFAULT_NUMBERS


async def test_an_unknown_one_is_named(database: Database, town: str) -> None:
    with pytest.raises(InvalidInput, match="emergency, police, rescue, helpline"):
        await set_numbers(database, town, {"pizza": "112"})
    with pytest.raises(NotFound):
        await set_numbers(database, "no-such-town", {"police": "112"})
