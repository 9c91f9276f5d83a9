"""The catalogues of messages: gathered from the code, one file a language, and what each still lacks.

`./run words` brings every `web/locale/<code>/LC_MESSAGES/messages.po` up to what code, pages and scripts say today;
`./run words pl` begins Polish. `--check` changes nothing: Ukrainian has to be whole, other languages may be in part,
but what they say has to be right.
"""

import argparse
import gettext
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from babel.plural import to_gettext

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "web" / "locale"
WHOLE = ("uk",)  # languages in which nothing may be missing
SOURCES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("mapping", "**.py", "python", {}),
    ("web/static/modules", "**.js", "javascript", {"parse_template_string": "true"}),
    ("web/templates", "**.html", "jinja2", {"trimmed": "true", "newstyle_gettext": "true"}),
)
_Forms = tuple[int | tuple[int, int] | tuple[int, str], ...]
KEYWORDS: dict[str, _Forms | dict[int | None, _Forms | None] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "Text": {1: (1,), 2: ((2, "c"), 1), 3: ((2, "c"), 1)},
    "Plural": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
PLURALS_TRIED = range(1001)


def po_path(language: str) -> Path:
    """Where the messages of a language lie."""
    return LOCALE / language / "LC_MESSAGES" / "messages.po"


def languages() -> list[str]:
    """Codes of the languages that have a file."""
    return sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/messages.po"))


def gather() -> Catalog:
    """Every message that code, pages and scripts say, with the files that say it."""
    found = Catalog(project="Community Mapping", version="1", charset="utf-8")
    for folder, pattern, method, options in SOURCES:
        extracted = extract_from_dir(
            ROOT / folder, [(pattern, method)], {pattern: options}, keywords=KEYWORDS,
            comment_tags=("For translators:",), strip_comment_tags=True,
        )  # fmt: skip
        for path, _, message, comments, context in extracted:
            found.add(message, None, [(f"{folder}/{path}", 0)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """The messages of a language as its file has them."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def plural_header(language: str) -> str:
    """How many forms a noun has and which goes with a number, by Unicode CLDR, as the head of a file says it."""
    return str(to_gettext(Locale.parse(language).plural_form))


def begin(language: str) -> Catalog:
    """An empty catalogue of a language.

    Raises
    ------
    SystemExit
        If there is no such language.
    """
    try:
        name = Locale.parse(language if re.fullmatch("[a-z]{2,3}", language) else "").get_display_name("en")
    except (UnknownLocaleError, ValueError):
        raise SystemExit(f"{language} is no code of a language; it should be one such as pl (Polish).") from None
    catalogue = Catalog(locale=language, project="Community Mapping", version="1", charset="utf-8")
    catalogue.header_comment = f"# {name} words of Community Mapping. English is the source text."
    catalogue.mime_headers = [("Plural-Forms", plural_header(language))]
    return catalogue


def refresh(language: str, gathered: Catalog) -> None:
    """Bring a language's file up to what is said today: what was translated stays in its order, what is gone goes."""
    kept = read(language) if po_path(language).is_file() else begin(language)
    fresh = Catalog(locale=language, header_comment=kept.header_comment, charset="utf-8")
    fresh.mime_headers = kept.mime_headers
    asked = {_key(message): message for message in gathered if message.id}
    held = {_key(message): message for message in kept if message.id}
    for key in dict.fromkeys([*(key for key in held if key in asked), *asked]):
        message, said = asked[key], held.get(key)
        fresh.add(
            message.id,
            said.string if said else None,
            message.locations,
            said.flags if said else (),
            message.auto_comments,
            said.user_comments if said else (),
            context=message.context,
        )
    po_path(language).parent.mkdir(parents=True, exist_ok=True)
    with po_path(language).open("wb") as file:
        write_po(file, fresh, width=0, include_lineno=False)


def forms(message: Message) -> list[str]:
    """What is said for a message: one form, or as many as the language has."""
    if isinstance(message.string, (list, tuple)):
        return list(message.string)
    return [message.string or ""]


def is_said(message: Message) -> bool:
    """Whether a message is translated in all its forms, and not in doubt."""
    return all(text.strip() for text in forms(message)) and not message.fuzzy


def said_share(catalogue: Catalog) -> float:
    """How much of a catalogue is translated, 0 to 1."""
    messages = [message for message in catalogue if message.id]
    return sum(map(is_said, messages)) / max(len(messages), 1)


def _key(message: Message) -> tuple[object, ...]:
    return (message.id, message.context) if isinstance(message.id, str) else (*message.id, message.context)


def plural_kinds(catalogue: Catalog) -> dict[str, int]:
    """Which of a catalogue's forms goes with which of CLDR's kinds of number (one, few, many, other).

    Raises
    ------
    ValueError
        If the head of the file chooses forms otherwise than CLDR, by which scripts choose them.
    """
    form_of, kind_of = gettext.c2py(catalogue.plural_expr), catalogue.locale.plural_form
    kinds: dict[str, int] = {}
    for number in PLURALS_TRIED:
        form = form_of(number)
        if kinds.setdefault(kind_of(number), form) != form or form >= catalogue.num_plurals:
            raise ValueError(f"for {number} another form is chosen")
    return kinds


def faults(language: str, catalogue: Catalog, gathered: Catalog) -> Iterator[str]:
    """What is wrong with a language's file, one line each."""
    try:
        plural_kinds(catalogue)
    except ValueError as fault:
        yield f"Plural-Forms is not that of this language ({fault}). It should be: {plural_header(language)}"
    asked = {_key(message) for message in gathered if message.id}
    held = {_key(message) for message in catalogue if message.id}
    if asked != held:
        yield f"The messages are not those of today ({len(asked - held)} new, {len(held - asked)} gone): ./run words"
    for message in catalogue:
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[-1]
        if not is_said(message):
            if language in WHOLE:
                yield f"Not translated: {source}"
            continue
        for text in forms(message):
            if _places(text) != _places(source):
                yield f"Other places for values than in the English: {source} → {text}"


def _places(text: str) -> tuple[frozenset[str], bool]:
    """Names of the values a text takes; and, where it takes any, whether another % stands alone, which cannot be."""
    names = frozenset(PLACEHOLDER.findall(text))
    rest = PLACEHOLDER.sub("", text).replace("%%", "")
    return names, bool(names) and "%" in rest


def check() -> int:
    """Say how complete each language is and what is wrong."""
    gathered, found = gather(), 0
    for language in languages():
        catalogue = read(language)
        name = Locale.parse(language).get_display_name("en")
        print(f"{name} ({language}): {100 * said_share(catalogue):.0f} % translated", file=sys.stderr)
        for fault in faults(language, catalogue, gathered):
            found += 1
            print(f"  {fault}", file=sys.stderr)
    return min(found, 1)


def main() -> int:
    """Refresh or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", nargs="?", help="code of a language to begin, such as pl")
    parser.add_argument("--check", action="store_true", help="change nothing; tell what is missing or wrong")
    asked = parser.parse_args()
    if not asked.check:
        gathered = gather()
        for language in dict.fromkeys([*languages(), *([asked.language] if asked.language else [])]):
            refresh(language, gathered)
    return check()


if __name__ == "__main__":
    raise SystemExit(main())
