"""CQL2 filters as trees: read by the field's parser, bounded before anything is made of them.

Known faults of the parser (cql2 0.6): a deep nest ends in its own recursion limit, so depth is bounded on the text too.
Source: OGC 21-065r2, Common Query Language (CQL2).
"""

import json
import re
from typing import Any, Literal, NoReturn

import cql2

from mapping.errors import FieldError, InvalidParameter

MAX_CHARACTERS, MAX_DEPTH, MAX_NODES = 8000, 24, 600
_TEXT_PLACE = re.compile(r"\s*--> ([0-9]+):([0-9]+)\n")
_JSON_PLACE = re.compile(r"line ([0-9]+) column ([0-9]+)(?: \(char [0-9]+\))?\Z")


def read_filter(text: str, language: Literal["cql2-text", "cql2-json"]) -> Any:
    """A filter as the tree of its CQL2 JSON.

    Parameters
    ----------
    text : str
        CQL2 text or JSON.
    language : str
        Which of the two.

    Raises
    ------
    InvalidParameter
        If it cannot be read, or is too long or too deep.
    """
    if len(text) > MAX_CHARACTERS or "\x00" in text:
        raise _refused(f"must be at most {MAX_CHARACTERS} characters")
    if max(_depth(text, "(", ")"), _depth(text, "[", "]"), _depth(text, "{", "}")) > MAX_DEPTH:
        raise _refused(f"must be nested at most {MAX_DEPTH} deep")
    try:
        if language == "cql2-json":
            tree = json.loads(text, parse_constant=_refuse_constant)
            cql2.parse_json(text)
        else:
            tree = cql2.parse_text(text).to_json()
    except (ValueError, TypeError, RecursionError, cql2.ParseError) as error:
        raise _refused(f"must be {language}{_place(error)}") from None
    if _count(tree, 0) > MAX_NODES:
        raise _refused(f"must have at most {MAX_NODES} parts")
    return tree


def _place(error: Exception) -> str:
    """Where the parser stopped; the rest of what it says quotes the filter."""
    found = _TEXT_PLACE.match(str(error)) or _JSON_PLACE.search(str(error))
    return "" if found is None else f"; it cannot be read on from line {found[1]}, column {found[2]}"


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _refused(reason: str) -> InvalidParameter:
    return InvalidParameter("The filter cannot be read.", [FieldError("filter", reason)])


def _depth(text: str, opening: str, closing: str) -> int:
    deepest = now = 0
    for character in text:
        now += (character == opening) - (character == closing)
        deepest = max(deepest, now)
    return deepest


def _count(node: Any, depth: int) -> int:
    if depth > 4 * MAX_DEPTH:
        raise _refused(f"must be nested at most {MAX_DEPTH} deep")
    if isinstance(node, dict):
        return 1 + sum(_count(part, depth + 1) for part in node.values())
    if isinstance(node, list):
        return 1 + sum(_count(part, depth + 1) for part in node)
    return 1
