"""Real data that are no part of the project: tests that use them skip where they are absent."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """A file or folder of the shared data."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not on this machine")
    return path
