"""Every word is said in every language, and the catalogue holds exactly what code, pages and scripts ask for."""

import ast
import json
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from web import words

ROOT = Path(__file__).parents[2]
GATHERED = words.gather()
CYRILLIC = re.compile("[а-яіїєґ]", re.IGNORECASE)
NOT_WORDS = (
    "layers/addresses.py",
    "services/report_columns.py",
    "services/demo.py",
)  # how others write; what the demo town is called


@pytest.mark.parametrize("language", words.languages())
def test_the_catalogue_has_no_fault(language: str) -> None:
    assert list(words.faults(language, words.read(language), GATHERED)) == []


@pytest.mark.parametrize("language", words.WHOLE)
def test_nothing_is_missing_where_all_has_to_be_said(language: str) -> None:
    assert words.said_share(words.read(language)) == 1


@pytest.mark.parametrize("language", words.languages())
def test_scripts_get_their_words(language: str) -> None:
    given = json.loads((ROOT / "web" / "static" / "locale" / f"{language}.json").read_text("utf-8"))
    said = words.read(language)
    asked = [message for message in GATHERED if any(place.endswith(".js") for place, _ in message.locations)]
    assert len(asked) > 10
    for message in asked:
        source = message.id if isinstance(message.id, str) else message.id[0]
        found = said.get(source)
        assert found is not None, source
        if words.is_said(found):
            assert given[source] == (found.string if isinstance(found.string, str) else words.forms(found))
        else:
            assert source not in given


def _faults_of(english: str | tuple[str, str], said: str | tuple[str, ...]) -> list[str]:
    asked, catalogue = Catalog(locale="pl"), Catalog(locale="pl")
    catalogue.mime_headers = [("Plural-Forms", words.plural_header("pl"))]
    asked.add(english)
    catalogue.add(english, said)
    return list(words.faults("pl", catalogue, asked))


def test_what_is_said_wrongly_is_found() -> None:
    assert _faults_of("Done", "") == []
    assert _faults_of("%(num)s m", "%(num)s m") == []
    assert _faults_of("%(num)s m", "%(liczba)s m") != []
    assert _faults_of("%(num)s %% of it", "%(num)s % tego") != []
    marks = ("%(num)s mark", "%(num)s marks")
    assert _faults_of(marks, ("%(num)s znak", "%(num)s znaki", "%(num)s znaków")) == []
    assert _faults_of(marks, ("%(num)s znak", "%(num)s znaki", "znaków")) != []


def test_a_rule_of_plurals_that_scripts_do_not_share_is_found() -> None:
    catalogue = words.read("uk")
    catalogue.mime_headers = [("Plural-Forms", "nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);")]
    assert any("Plural-Forms" in fault for fault in words.faults("uk", catalogue, GATHERED))


def test_every_text_of_the_code_is_gathered() -> None:
    asked, missed = [], []
    for path in (ROOT / "mapping").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Text", "Plural"):
                said = [str(given.value) for given in node.args if isinstance(given, ast.Constant)]
                context = said[1] if node.func.id == "Text" and len(said) == 2 else None
                asked.append((path, said))
                missed += [] if GATHERED.get(said[0], context) else [(path, said)]
    assert len(asked) > 100
    assert missed == []


def test_words_are_said_in_catalogues_alone() -> None:
    for path in (ROOT / "mapping").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        documented = {id(node.body[0].value) for node in ast.walk(tree)
                      if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                      and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
        texts = [(node.value, id(node)) for node in ast.walk(tree)
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
        found = [text for text, number in texts if CYRILLIC.search(text) and number not in documented]
        assert bool(found) == path.as_posix().endswith(NOT_WORDS), path
