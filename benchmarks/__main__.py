"""Run a benchmark by name: python -m benchmarks NAME."""

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Run the named benchmark, or list what there is."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    if len(sys.argv) != 2 or sys.argv[1] not in names:
        print("Benchmarks: " + ", ".join(names))
        raise SystemExit(0 if len(sys.argv) == 1 else 2)
    importlib.import_module(f"benchmarks.{sys.argv[1]}").main()


if __name__ == "__main__":
    main()
