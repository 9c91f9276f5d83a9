"""A row of somebody else's file, before anybody knows what its columns mean."""

from dataclasses import dataclass
from typing import Any

BATCH_ROWS = 5_000


@dataclass(slots=True)
class Row:
    """One row: its number in the file from 1, its values by column, its GeoJSON geometry; or what is wrong with it."""

    number: int
    values: dict[str, Any]
    geometry: object = None
    fault: str | None = None


@dataclass(frozen=True)
class RowBatch:
    """Some rows that follow each other, the share of the file read with them, and what they were read from.

    `has_decimal_comma` is true of a CSV with semicolons or tabs between cells; `is_open311` of a dump of GeoReport v2.
    """

    rows: list[Row]
    share: float
    has_decimal_comma: bool = False
    is_open311: bool = False
