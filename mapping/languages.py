"""The languages of the program, and words that are said in each of them.

English is written in the code. Every other language is one file, `web/locale/<code>/LC_MESSAGES/messages.po`, compiled
by `web/build_assets.py`; what it does not say is said in English.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeVar

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from mapping.web import web_dir

SOURCE = "en"
Kept = TypeVar("Kept")
_LOCALE = web_dir() / "locale"
LANGUAGES: tuple[str, ...] = (SOURCE, *sorted(path.parts[-3] for path in _LOCALE.glob("*/LC_MESSAGES/messages.mo")))

if TYPE_CHECKING:
    Language = str
else:
    Language = Literal[LANGUAGES]
"""A code of `LANGUAGES`, as a parameter of a route or a command."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The words of one language; of English, and of a language that is not there, those of the code."""
    return gettext.translation("messages", _LOCALE, [language], fallback=True)


def in_figures(value: float, language: str, digits: int = 0) -> str:
    """A number as the language writes it, with so many digits after the point."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(round(value, digits), format=pattern, locale=language))


def month_in_words(day: str | None, language: str) -> str:
    """A released date, `YYYY-MM` or `YYYY-MM-DD`, as "November 2026" or "15 November 2026"."""
    if not day:
        return ""
    parts = [int(part) for part in day[:10].split("-")]
    pattern = "LLLL yyyy" if len(parts) == 2 else "d MMMM yyyy"
    year, month, number = (*parts, 1)[:3]
    return format_date(date(year, month, number), pattern, locale=language)


@dataclass(frozen=True)
class Text:
    """Words in English, to be said in any language; `context` parts those that are the same in English alone."""

    en: str
    context: str = ""

    def get(self, language: str, **values: object) -> str:
        """The words in one language, with `values` in the places of their names."""
        spoken = translations(language)
        said = spoken.pgettext(self.context, self.en) if self.context else spoken.gettext(self.en)
        return said % values if values else said


# For translators: the short name of your own language for the switch of languages, such as УКР.
_SHORT_NAME = Text("EN")
# For translators: “in” your own language, said in your own language, such as українською.
_NAME = Text("in English")


@dataclass(frozen=True)
class Called:
    """What a language is called in its own words."""

    short: str
    name: str


def called(language: str) -> Called:
    """What a language is called: as its file says; else by its code, and as Unicode CLDR has it."""
    short, name = _SHORT_NAME.get(language), _NAME.get(language)
    if language != SOURCE and short == _SHORT_NAME.en:
        short = language.upper()
    if language != SOURCE and name == _NAME.en:
        name = Locale.parse(language).get_display_name(language) or language
    return Called(short, name)


@dataclass(frozen=True)
class Plural:
    """Words that depend on a whole number, which they hold as `%(num)s`."""

    one: str
    other: str

    def get(self, language: str, number: int, **values: object) -> str:
        """The form that goes with `number` in one language, with `values` in the places of their names."""
        said = translations(language).ngettext(self.one, self.other, number)
        return said % {"num": in_figures(number, language), **values}


def in_language(kept: Mapping[str, Kept], language: str) -> Kept:
    """What was kept by language code; in English where it was not kept in this language."""
    return kept[language] if language in kept else kept[SOURCE]
