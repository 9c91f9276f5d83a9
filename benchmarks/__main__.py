"""Run a benchmark by name: python -m benchmarks NAME [--write].

With --write its section of docs/reference/benchmarks.md is made anew from what it prints.
"""

import contextlib
import importlib
import io
import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

PAGE = Path("docs/reference/benchmarks.md")


class _Tee(io.StringIO):
    """Keeps what is printed, and prints it."""

    def __init__(self, shown: TextIO) -> None:
        super().__init__()
        self._shown = shown

    def write(self, text: str) -> int:
        self._shown.write(text)
        self._shown.flush()
        return super().write(text)


def _write(name: str, said: str) -> None:
    """Put a benchmark's section in its place, in the order of names."""
    page = PAGE.read_text("utf-8")
    head, *rest = re.split(r"^## ", page, flags=re.MULTILINE)
    sections = {section.split("\n", 1)[0]: section for section in rest}
    made = (
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    sections[name] = f"{name}\n\n`./run bench {name} --write` ({made})\n\n{said.strip()}\n\n"
    PAGE.write_text(head + "".join(f"## {sections[key]}" for key in sorted(sections)).rstrip() + "\n", "utf-8")


def main() -> None:
    """Run the named benchmark, or list what there is."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    if len(arguments) != 1 or arguments[0] not in names:
        print("Benchmarks: " + ", ".join(names))
        raise SystemExit(0 if not arguments else 2)
    tee = _Tee(sys.stdout)
    with contextlib.redirect_stdout(tee):
        importlib.import_module(f"benchmarks.{arguments[0]}").main()
    if "--write" in sys.argv:
        _write(arguments[0], tee.getvalue())


if __name__ == "__main__":
    main()
