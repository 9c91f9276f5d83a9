"""Where the pages, styles, scripts and data files lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def web_dir() -> Path:
    """The folder with `templates/`, `static/` and `locale/`."""
    inside = _HERE / "_web"
    return inside if inside.is_dir() else _HERE.parent / "web"


def data_dir() -> Path:
    """The folder with the demo scenario."""
    inside = _HERE / "_data"
    return inside if inside.is_dir() else _HERE.parent / "data"
