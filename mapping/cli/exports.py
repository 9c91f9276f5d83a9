"""`mapping export …`: what a community takes elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import rich
import typer
from rich.progress import Progress
from rich.text import Text as Line

from mapping.cli.connected import ERRORS, with_database
from mapping.store.database import Database
from mapping.store.tile_sets import MAX_DATA_ZOOM

if TYPE_CHECKING:
    from mapping.services.tile_packs import PackedTiles

export_cli = typer.Typer(no_args_is_help=True, help="Take data out.")


@export_cli.command("basemap")
def basemap(
    community: Annotated[str, typer.Argument(help="Its short name.")],
    file: Annotated[Path, typer.Argument(help="Where to: FILE.pmtiles.")],
    max_zoom: Annotated[int, typer.Option(min=0, max=MAX_DATA_ZOOM, help="Last zoom: buildings come at 15.")] = 15,
) -> None:
    """Pack the basemap into one file for use without a network. Example: mapping export basemap demo demo.pmtiles."""
    from mapping.services.tile_packs import export_basemap

    with Progress(console=ERRORS) as progress:
        task = progress.add_task(file.name, total=1.0)

        async def work(database: Database) -> "PackedTiles":
            return await export_basemap(
                database,
                community,
                file,
                max_zoom=max_zoom,
                progress=lambda part: progress.update(task, completed=part),
            )

        found = with_database(work)
    size = file.stat().st_size
    told = (
        f"{file.name}: {size / 1e6:,.2f} MB, {found.tiles:,} tiles of zoom {found.zooms[0]} to {found.zooms[-1]}; "
        f"{found.places - found.tiles:,} more are empty and left out. © OpenStreetMap contributors, ODbL"
    )
    rich.print(Line(told))
