"""What is a number to call, and what a phone dials."""

import pytest

from mapping.layers.categories import CATEGORIES
from mapping.layers.emergency_numbers import DEFAULT_NUMBERS, EMERGENCY_NUMBERS, dialled, is_number


@pytest.mark.parametrize("number", ["112", "15-47", "116 123", "0 800 500 335", "+380 44 123-45-67", "08", "1" * 15])
def test_numbers_as_people_dial_them(number: str) -> None:
    assert is_number(number)


@pytest.mark.parametrize(
    "number",
    ["", "1", " 112", "112 ", "11  2", "1--2", "-112", "+", "++112", "11+2", "1" * 16, "1 " * 10 + "1", "call 112",
     "<b>112</b>", "112\n", "1\x002", "112;ext=1", "112,,1", "*100#", "١١٢", "１１２", "javascript:1", "1\u202e12"],
)  # fmt: skip
def test_what_is_none(number: str) -> None:
    assert not is_number(number)


def test_a_phone_dials_digits_and_a_plus() -> None:
    assert dialled("+380 44 123-45-67") == "+380441234567"
    assert dialled("15-47") == "1547"


def test_every_default_is_a_number_with_a_source() -> None:
    assert set(DEFAULT_NUMBERS) == {"emergency", "police", "rescue", "helpline"}
    assert all(is_number(number.default) and number.source for number in EMERGENCY_NUMBERS.values())


def test_texts_name_only_numbers_that_there_are_and_write_none_out() -> None:
    for category in CATEGORIES.values():
        for text in (category.title, category.hint, *([category.call_first] if category.call_first else [])):
            for words in (text.en, text.get("uk")):
                said = words.format_map(dict.fromkeys(DEFAULT_NUMBERS, ""))
                assert not any(letter.isdigit() for letter in said), words
