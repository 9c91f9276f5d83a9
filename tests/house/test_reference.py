"""The reference tells every setting, error and route there is, and none that is not."""

import re
from pathlib import Path

from starlette.routing import Mount

from mapping import errors
from mapping.app import ROUTERS, create_app
from mapping.settings import Settings
from mapping.store.database import Database

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def _first_column(name: str) -> set[str]:
    return set(re.findall(r"^\| `([^`?]+)", (REFERENCE / name).read_text("utf-8"), re.MULTILINE))


def _tree(root: type[errors.MappingError]) -> set[str]:
    return {root.code}.union(*(_tree(child) for child in root.__subclasses__()))


def test_every_setting_is_told() -> None:
    assert _first_column("settings.md") == {f"MAPPING_{name.upper()}" for name in Settings.model_fields}


def test_every_error_is_told() -> None:
    assert _first_column("errors.md") == _tree(errors.MappingError) | {"http"}


def test_every_route_is_told(settings: Settings, database: Database) -> None:
    app = create_app(settings, database, with_worker=False)
    own = [route for route in app.routes if hasattr(route, "path") and not isinstance(route, Mount)]
    included = [route for router in ROUTERS for route in router.routes]
    served = {f"{method} {route.path}" for route in (*own, *included) for method in route.methods - {"HEAD"}}
    assert _first_column("http.md") - {"GET /static/…"} == served
