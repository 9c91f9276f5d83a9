"""Whom people call first, and what a number may be. Texts name a number by its code in braces: `{rescue}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mapping.languages import Text

MAX_LETTERS = 20
MIN_DIGITS, MAX_DIGITS = 2, 15  # the longest by ITU-T E.164
_NUMBER = re.compile(r"\+?[0-9]+(?:[ -][0-9]+)*")


@dataclass(frozen=True)
class EmergencyNumber:
    """Who answers, and the number where a community has set none: Ukraine's, with its `source`."""

    title: Text
    default: str
    source: str


EMERGENCY_NUMBERS: Mapping[str, EmergencyNumber] = {
    "emergency": EmergencyNumber(
        Text("one number for every emergency"),
        "112",
        "Law of Ukraine 4499-VI of 2012 on emergency assistance by the one number 112",
    ),
    "police": EmergencyNumber(Text("police"), "102", "National Police of Ukraine"),
    "rescue": EmergencyNumber(
        Text("fire and rescue, explosives"),
        "101",
        "State Emergency Service of Ukraine",
    ),
    "helpline": EmergencyNumber(
        Text("help against violence at home"),
        "15-47",
        "Government of Ukraine, line against domestic violence and for gender equality",
    ),
}
DEFAULT_NUMBERS: Mapping[str, str] = {code: number.default for code, number in EMERGENCY_NUMBERS.items()}


def is_number(text: str) -> bool:
    """Whether a text is a number as people dial it: digits, single spaces or hyphens between, perhaps a plus before."""
    digits = sum(letter.isdigit() for letter in text)
    return len(text) <= MAX_LETTERS and MIN_DIGITS <= digits <= MAX_DIGITS and _NUMBER.fullmatch(text) is not None


def dialled(number: str) -> str:
    """What a phone dials, for an address `tel:` (RFC 3966)."""
    return re.sub("[ -]", "", number)
