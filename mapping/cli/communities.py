"""`mapping community …`: add one, and set what is its own."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import rich
import typer
from rich.table import Table
from rich.text import Text as Line

from mapping.cli.connected import with_database
from mapping.errors import InvalidInput
from mapping.formats.boundaries import read_boundary
from mapping.languages import LANGUAGES
from mapping.layers.emergency_numbers import EMERGENCY_NUMBERS
from mapping.services.communities import add_community
from mapping.services.emergency_numbers import read_numbers, set_numbers

community_cli = typer.Typer(no_args_is_help=True, help="Communities.")
ItsSlug = Annotated[str, typer.Argument(help="Its short name.")]


def _pairs(changes: Iterable[str] | None, example: str) -> dict[str, str]:
    pairs = [change.partition("=") for change in changes or []]
    if any(not equals for _, equals, _ in pairs):
        raise InvalidInput(f"Changes are written NAME=VALUE, such as {example}.")
    return {name: value for name, _, value in pairs}


def _names(given: Iterable[str] | None) -> dict[str, str]:
    """Names by code of the language."""
    names = _pairs(given, "pl=Miasto")
    if wrong := [code for code in names if code not in LANGUAGES]:
        raise InvalidInput(f"Names are written CODE=NAME with a code of {', '.join(LANGUAGES)}; not {wrong[0]}.")
    return names


def _show(slug: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(*columns, title=slug, title_justify="left")
    for row in rows:
        table.add_row(*map(Line, row))
    rich.print(table)


@community_cli.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name for addresses, such as bakhmut-centre.")],
    boundary: Annotated[Path, typer.Option(help="GeoJSON file with the town's polygon.")],
    name_en: Annotated[str, typer.Option(help="Name in English.")],
    name_uk: Annotated[str, typer.Option(help="Name in Ukrainian.")],
    time_zone: Annotated[str, typer.Option(help="IANA name.")] = "Europe/Kyiv",
    names: Annotated[
        list[str] | None, typer.Option("--name", help="CODE=NAME, in one more language, such as pl=Miasto.")
    ] = None,
) -> None:
    """Add a community. Example: mapping community add town --boundary town.geojson --name-en Town --name-uk Місто."""
    ground, name = read_boundary(boundary), {"en": name_en, "uk": name_uk, **_names(names)}
    with_database(lambda database: add_community(database, slug=slug, name=name, boundary=ground, time_zone=time_zone))
    rich.print(f"Added. Next: mapping import osm FILE --community {slug}; then mapping serve, page /en/c/{slug}")


@community_cli.command("set")
def set_analysis(
    slug: ItsSlug,
    changes: Annotated[list[str] | None, typer.Argument(help="NAME=VALUE; NAME= goes back to the default.")] = None,
) -> None:
    """Change the numbers hotspots are computed with, or show them. Example: mapping community set demo reach_m=60."""
    from mapping.services.analysis_settings import read_parameters, set_parameters

    wanted = _pairs(changes, "half_life_days=180")
    found = with_database(
        lambda database: set_parameters(database, slug, wanted) if wanted else read_parameters(database, slug)
    )
    said = {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in found.items()
    }
    _show(slug, ("parameter", "value"), said.items())


@community_cli.command("call")
def set_calls(
    slug: ItsSlug,
    changes: Annotated[list[str] | None, typer.Argument(help="WHO=NUMBER; WHO= goes back to the country's.")] = None,
) -> None:
    """Change whom the pages tell people to call, or show it. Example: mapping community call demo police=102."""
    wanted = _pairs(changes, '"helpline=116 123"')
    found = with_database(
        lambda database: set_numbers(database, slug, wanted) if wanted else read_numbers(database, slug)
    )
    known = EMERGENCY_NUMBERS
    rows = (
        (code, number, known[code].title.en, known[code].source if number == known[code].default else "its own")
        for code, number in found.items()
    )
    _show(slug, ("who", "number", "for", "source"), rows)
