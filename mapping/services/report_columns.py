"""What the columns of somebody else's table mean: each row as the report a phone would have sent."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from mapping.errors import FieldError, InvalidInput
from mapping.formats.rows import Row, RowBatch
from mapping.layers.categories import CATEGORIES
from mapping.layers.texts import REFUSED
from mapping.layers.vocabulary import WHEN
from mapping.services.file_places import DAY_FIRST

MAX_ID = 200
GUESSED: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "report_id", "service_request_id"),
    "lon": ("lon", "longitude", "lng", "long", "x", "довгота"),
    "lat": ("lat", "latitude", "y", "широта"),
    "category": ("category", "service_code", "категорія"),
    "time": ("observed_at", "time", "datetime", "date", "requested_datetime", "дата"),
    "description": ("description", "опис"),
    "place": ("place", "address", "адреса"),
    "severity": ("severity",),
    "when": ("when", "when_seen"),
    "affected": ("affected",),
    "consent": ("consent", "consent_publish"),
    "reporter": (),
}
_TRUTHS = {**dict.fromkeys(("yes", "true", "1", "так"), True), **dict.fromkeys(("no", "false", "0", "ні"), False)}
_READ_FROM = {"geometry": ("lon", "lat"), "observed_at": ("time",), "consents": ("consent",)}  # by field of a report
_REASONS = {
    "category": "is not one of the categories; say which it is with --map OLD=CODE or --category-is CODE",
    "observed_at": "is no date such as 2026-11-23 or 23.11.2026 between the year 2000 and now",
}


@dataclass(frozen=True)
class Columns:
    """How a table is read.

    Parameters
    ----------
    named : mapping
        Column by field (the keys of `GUESSED`); for others the columns' names decide.
    category_is, when_is : str
        What holds where a row says nothing.
    severity_is : int
        1 to 4, likewise.
    renamed : mapping
        Category by value in the file.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    category_is: str | None = None
    severity_is: int = 2
    when_is: str = "always"
    renamed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code in (self.category_is, *self.renamed.values()):
            if code is not None and code not in CATEGORIES:
                raise InvalidInput("There is no such category; the codes are " + ", ".join(CATEGORIES) + ".")
        if self.when_is not in WHEN or not 1 <= self.severity_is <= 4:
            raise InvalidInput("Severity is 1 to 4, and the time of day " + ", ".join(WHEN) + ".")


def _text(value: object) -> str | None:
    """Words of a cell; None where it is empty."""
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    return str(value)


class ReportReader:
    """Makes reports of rows.

    Parameters
    ----------
    columns : Columns
        What was said of the table.
    first : RowBatch
        Its first rows; which columns there are is seen from them.
    zone : tzinfo
        Of dates that say none.

    Raises
    ------
    InvalidInput
        If a named column is not there, or nothing says what the reports are about.
    """

    def __init__(self, columns: Columns, first: RowBatch, zone: tzinfo) -> None:
        held = {name: None for row in first.rows for name in row.values}
        self._columns, self._zone, self._has_comma = columns, zone, first.has_decimal_comma
        self._is_open311 = first.is_open311
        self._found = {name: self._find(name, held) for name in GUESSED}
        self._renamed = {old.strip().casefold(): code for old, code in columns.renamed.items()}
        if first.rows and self._found["category"] is None and columns.category_is is None:
            raise InvalidInput(
                "Nothing says what the reports are about; name a column with --category, or say --category-is CODE. "
                f"The file has {', '.join(map(repr, held))[:300]}."
            )

    def _find(self, wanted: str, held: Iterable[str]) -> str | None:
        named = self._columns.named.get(wanted)
        if named is not None:
            if named not in held:
                raise InvalidInput(
                    f"There is no column {named!r} for --{wanted}; the file has {', '.join(map(repr, held))[:300]}."
                )
            return named
        if wanted == "category" and self._columns.category_is is not None:
            return None
        names = {str(name).strip().lower(): name for name in held}
        return next((names[guess] for guess in GUESSED[wanted] if guess in names), None)

    def _value(self, row: Row, name: str) -> Any:
        column = self._found[name]
        return None if column is None else row.values.get(column)

    def told(self, fault: FieldError) -> FieldError:
        """A fault of a report in the words of somebody with a table, by the columns it was read from."""
        field = fault.field.partition(".")[0]
        columns = [self._found.get(name) for name in _READ_FROM.get(field, (field,))]
        named = ", ".join(column for column in columns if column is not None)
        return FieldError(named or fault.field, _REASONS.get(fault.field, fault.reason))

    def row_key(self, row: Row) -> str | None:
        """What makes a row itself: its own id, or a hash of all it holds; None if its id cannot be used."""
        own = _text(self._value(row, "id"))
        if own is not None:
            return f"id|{own}" if len(own) <= MAX_ID and not REFUSED.search(own) else None
        content = json.dumps([row.values, row.geometry], sort_keys=True, default=repr)
        return "row|" + hashlib.sha256(content.encode()).hexdigest()

    def reporter(self, row: Row) -> str | None:
        """Who made it, so that one person counts once; only a keyed hash of it is kept."""
        return _text(self._value(row, "reporter"))

    def status(self, row: Row) -> str:
        """Open311 says whether a request is closed; other tables hold what is open."""
        is_closed = self._is_open311 and _text(row.values.get("status")) == "closed"
        return "resolved" if is_closed else "open"

    def payload(self, row: Row) -> dict[str, Any]:
        """The report as a phone would send it; what cannot be turned stays as it is, for `read_report` to refuse."""
        columns, value = self._columns, self._value
        category = _text(value(row, "category"))
        if category is not None:
            category = self._renamed.get(category.casefold(), category)
        consent = _read(value(row, "consent"), _truth, True)
        return {
            "category": category or columns.category_is,
            "geometry": self._geometry(row),
            "place": _text(value(row, "place")),
            "severity": _read(value(row, "severity"), _whole, columns.severity_is),
            "when": _text(value(row, "when")) or columns.when_is,
            "affected": _read(value(row, "affected"), _codes, None),
            "description": _text(value(row, "description")),
            "observed_at": _read(value(row, "time"), self._moment, None),
            "consents": {"store": True, "working_group": True, "police": False, "publish": consent},
        }

    def _geometry(self, row: Row) -> object:
        if row.geometry is not None:
            return row.geometry
        pair = [self._value(row, name) for name in ("lon", "lat")]
        if all(_text(number) is None for number in pair):
            return None
        return {"type": "Point", "coordinates": [self._degrees(number) for number in pair]}

    def _degrees(self, value: Any) -> object:
        if not isinstance(value, str):
            return value
        try:
            return float(value.replace(",", ".") if self._has_comma else value)
        except ValueError:
            return None

    def _moment(self, given: str) -> str:
        moment = _date(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).isoformat()


def _date(given: str) -> datetime:
    if not re.search("[./]", given[:5]):
        return datetime.fromisoformat(given)
    for pattern in DAY_FIRST:
        try:
            return datetime.strptime(given, pattern)
        except ValueError:
            continue
    raise ValueError


def _read(value: object, convert: Callable[[str], Any], otherwise: object) -> Any:
    """A cell turned into what it means; `otherwise` where it is empty; as it is where it means nothing."""
    if isinstance(value, list | dict):
        return value
    text = _text(value)
    if text is None:
        return otherwise
    try:
        return convert(text)
    except (ValueError, KeyError, OverflowError):
        return text[:100]


def _truth(text: str) -> bool:
    return _TRUTHS[text.lower()]


def _whole(text: str) -> int:
    number = float(text)
    if not number.is_integer():
        raise ValueError
    return int(number)


def _codes(text: str) -> list[str]:
    return [code for code in re.split(r"[,;|\s]+", text) if code]
