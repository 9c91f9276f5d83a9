"""What is refused of a file, row by row: the first few kept for the screen, all of them written to a CSV."""

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mapping.errors import FieldError, InvalidInput
from mapping.formats.cells import neutral_cell
from mapping.formats.tables import written_beside

FIRST = 10


@dataclass(frozen=True)
class RowFault:
    """Why a row is refused; it is counted from 1, below the header where there is one."""

    row: int
    column: str
    reason: str


class FaultWriter:
    """Takes faults as they are found; a context manager, whose file is in its place when it closes.

    Parameters
    ----------
    path : Path, optional
        `.csv`, replaced if it is there; without it only the first faults are kept.

    Raises
    ------
    InvalidInput
        If the file cannot be written, or is named otherwise.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None and path.suffix.lower() != ".csv":
            raise InvalidInput(f"The list of errors is written as .csv, not as {path.suffix!r}.")
        self.rows = 0
        self.first: list[RowFault] = []
        self._path = path
        self._writer: Any = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        if self._path is not None:
            part = self._open.enter_context(written_beside(self._path))
            try:
                file = self._open.enter_context(part.open("w", encoding="utf-8", newline=""))
            except OSError as error:
                raise InvalidInput(f"{self._path.name!r} cannot be written: {error.strerror}.") from None
            self._writer = csv.writer(file)
            self._writer.writerow(["row", "column", "reason"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._open.__exit__(kind, error, trace)

    def add(self, row: int, faults: Sequence[FieldError]) -> None:
        """Note a refused row with everything that is wrong with it; the field of a fault is a column of the file."""
        self.rows += 1
        for fault in faults:
            if len(self.first) < FIRST:
                self.first.append(RowFault(row, fault.field, fault.reason))
            if self._writer is not None:
                self._writer.writerow([row, neutral_cell(fault.field), neutral_cell(fault.reason)])
