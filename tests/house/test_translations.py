"""Every word is said in every language, and the catalogue holds exactly what pages and scripts ask for."""

import json
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from mapping.layers.texts import LANGUAGES

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "web" / "locale"
METHODS = [
    ("web/templates/**.html", "jinja2"),
    ("mapping/api/**.py", "python"),
    ("web/static/modules/**.js", "javascript"),
]
OPTIONS = {
    "web/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"},
    "web/static/modules/**.js": {"parse_template_string": "true"},
}
SCRIPTS = "web/static/modules"
TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def asked_for(*folders: str) -> set[str | tuple[str, ...]]:
    found: set[str | tuple[str, ...]] = set()
    for folder in folders:
        methods = [(pattern.rsplit("/", 1)[-1], method) for pattern, method in METHODS if pattern.startswith(folder)]
        options = {pattern.rsplit("/", 1)[-1]: kept for pattern, kept in OPTIONS.items() if pattern.startswith(folder)}
        for _, _, message, _, _ in extract_from_dir(ROOT / folder, methods, options):
            found.add(message if isinstance(message, str) else tuple(message))
    return found


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def forms(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_holds_what_is_asked_for(language: str) -> None:
    held = {message.id if isinstance(message.id, str) else tuple(message.id) for message in messages(language)}
    assert held == asked_for("web/templates", "mapping/api", SCRIPTS)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_message_is_untranslated_or_in_doubt(language: str) -> None:
    plurals = catalogue(language).num_plurals
    for message in messages(language):
        said = forms(message)
        assert all(text.strip() for text in said), message.id
        assert len(said) == (plurals if message.pluralizable else 1), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_places_for_values(language: str) -> None:
    for message in messages(language):
        source = message.id if isinstance(message.id, str) else message.id[-1]
        wanted = set(PLACEHOLDER.findall(source))
        assert all(set(PLACEHOLDER.findall(text)) == wanted for text in forms(message)), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_scripts_get_their_words(language: str) -> None:
    words = json.loads((ROOT / "web" / "static" / "locale" / f"{language}.json").read_text("utf-8"))
    said = {message.id if isinstance(message.id, str) else message.id[0]: message for message in messages(language)}
    asked = {message if isinstance(message, str) else message[0] for message in asked_for(SCRIPTS)}
    assert len(asked) > 10
    for source in asked:
        message = said[source]
        assert words[source] == (message.string if isinstance(message.string, str) else list(message.string))
