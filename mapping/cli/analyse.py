"""`mapping analyse …`: the methods on a file, without any database.

The statistics take a second to import and are imported by the command that needs them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import rich
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Line

from mapping import languages
from mapping.languages import Text

if TYPE_CHECKING:
    from mapping.services.file_results import FileResult, Stage

SHOWN = 10
analyse_cli = typer.Typer(
    no_args_is_help=True,
    help="Hotspots, streets, surfaces, trends and clusters, of a file or a community.",
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(help="CSV (columns lon and lat, or x and y with --crs), GeoJSON or GeoPackage.")]
Out = Annotated[Path | None, typer.Option(help="Write the result: .geojson, .gpkg or .csv.")]
Picture = Annotated[Path | None, typer.Option(help="Draw the result: .png, .pdf or .svg.")]
Crs = Annotated[str | None, typer.Option(help="CRS of the coordinates, such as EPSG:32636, where the file says none.")]
Skip = Annotated[bool, typer.Option("--skip-missing", help="Leave rows without a place out.")]
Language = Annotated[languages.Language, typer.Option(help="Of the sentences.")]
Streets = Annotated[Path | None, typer.Option(help="Lines, with a column name; only ground with a street counts.")]
Area = Annotated[Path | None, typer.Option(help="Polygons of the ground; by default what lies around the places.")]
GridKind = Annotated[Literal["hexagons", "squares"], typer.Option(help="Shape of the cells.")]
CellSize = Annotated[float | None, typer.Option(help="Width of a cell, metres; by default chosen from the data.")]
Reach = Annotated[
    float | None,
    typer.Option(help="Cells up to so far from a cell, in metres, are tested with it; by default two rings or more."),
]
MaxQ = Annotated[float, typer.Option(help="Largest share of false alarms among what is called a hotspot.")]
Strict = Annotated[bool, typer.Option("--strict", help="Benjamini-Yekutieli: surer, finds less.")]
Time = Annotated[str | None, typer.Option(help="Column of dates such as 2026-11-23, or with a time of day.")]
Population = Annotated[Path | None, typer.Option(help="Raster of people per cell.")]
Seed = Annotated[int, typer.Option(help="Of what is drawn by chance; the same seed gives the same numbers.")]


@contextmanager
def _stages(
    read: Sequence[Path | None], out: Path | None = None, picture: Path | None = None, *, is_surface: bool = False
) -> Iterator["Stage"]:
    """What is being done and for how long, on the error stream; names of files are checked first."""
    from mapping.services.file_results import require_writable

    require_writable(out, picture, read=[path for path in read if path is not None], is_surface=is_surface)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda words: progress.update(task, description=words)


def _tell(found: "FileResult", title: Text, language: str, out: Path | None, picture: Path | None) -> None:
    from mapping.maps.pictures import draw_picture
    from mapping.services.file_results import write_file_result

    if out is not None:
        write_file_result(found, out)
    if picture is not None:
        draw_picture(found.layers, picture, title=title.get(language), note=found.note, language=language)
    for sentence in found.sentences[:SHOWN]:
        rich.print(Line(sentence))
    if len(found.sentences) > SHOWN:
        more = Text("and %(count)s more").get(language, count=len(found.sentences) - SHOWN)
        rich.print(Line(f"… {more}", style="dim"))
    if found.note:
        rich.print(Line(found.note, style="dim"))
    for path in (out, picture):
        if path is not None:
            rich.print(Line(f"→ {path}", style="dim"))


def _places(file: Path, crs: str | None, skip_missing: bool, **columns: str | None) -> Any:
    from mapping.services.file_places import PlacesFile

    return PlacesFile(file, crs, skip_missing, columns)


@analyse_cli.command()
def hotspots(
    file: File,
    out: Out = None,
    picture: Picture = None,
    streets: Streets = None,
    area: Area = None,
    population: Population = None,
    reporter: Annotated[str | None, typer.Option(help="Column of who reported; each counts once a place.")] = None,
    severity: Annotated[str | None, typer.Option(help="Column of severity, 1 to 4.")] = None,
    category: Annotated[str | None, typer.Option(help="Column of what it is.")] = None,
    time: Time = None,
    grid: GridKind = "hexagons",
    cell_size: CellSize = None,
    reach: Reach = None,
    max_q: MaxQ = 0.05,
    strict: Strict = False,
    half_life: Annotated[
        float | None, typer.Option(help="Days after which a mark weighs half, by default 365; needs --time.")
    ] = None,
    as_of: Annotated[datetime | None, typer.Option(help="Ages count from here; by default the last date.")] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Of severity, reporters, recency, vulnerable, exposure; five that sum to 1; by default "
            "0.35,0.35,0.15,0.15,0."
        ),
    ] = None,
    seed: Seed = 1,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """Where more marks gather than chance would put there, ranked.

    Example: mapping analyse hotspots marks.csv --streets streets.gpkg --out hotspots.geojson --picture hotspots.png
    """
    import pandas as pd

    from mapping.services import file_hotspots

    options = {
        "grid": grid,
        "cell_size_m": cell_size,
        "reach_m": reach,
        "max_q": max_q,
        "sure_q": min(0.01, max_q),
        "strict": strict,
        "half_life_days": half_life,
        "weights": None if weights is None else file_hotspots.weights_of(weights),
    }
    with _stages([file, streets, area, population], out, picture) as stage:
        found = file_hotspots.hotspots_in_file(
            _places(file, crs, skip_missing, reporter=reporter, severity=severity, category=category, time=time),
            streets=streets,
            area=area,
            population=population,
            options=options,
            as_of=None if as_of is None else pd.Timestamp(as_of, tz="UTC"),
            seed=seed,
            language=language,
            stage=stage,
        )
    _tell(found, Text("Where it hurts most"), language, out, picture)


@analyse_cli.command()
def streets(
    file: File,
    lines: Annotated[Path, typer.Argument(help="Streets: lines in GeoJSON or GeoPackage, with a column name.")],
    out: Out = None,
    picture: Picture = None,
    max_distance: Annotated[float, typer.Option(help="Marks farther from any street, in metres, do not count.")] = 30.0,
    bandwidth: Annotated[
        float | None, typer.Option(help="Density along the streets, smoothed over so many metres, in place of counts.")
    ] = None,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """Which streets have more marks than their length explains.

    Example: mapping analyse streets marks.csv streets.gpkg --out streets-ranked.gpkg --picture streets.png
    """
    from mapping.services import file_densities

    with _stages([file, lines], out, picture) as stage:
        found = file_densities.streets_in_file(
            _places(file, crs, skip_missing),
            lines,
            max_distance_m=max_distance,
            bandwidth_m=bandwidth,
            language=language,
            stage=stage,
        )
    _tell(found, Text("Streets with most marks"), language, out, picture)


@analyse_cli.command()
def density(
    file: File,
    out: Annotated[Path | None, typer.Option(help="Write .tif (Cloud-Optimised GeoTIFF) or outlines.")] = None,
    picture: Picture = None,
    bandwidth: Annotated[float | None, typer.Option(help="Metres; by default by the normal reference rule.")] = None,
    cell_size: Annotated[float | None, typer.Option(help="Metres; by default a tenth of the bandwidth.")] = None,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """A smooth surface, to look at.

    Example: mapping analyse density marks.csv --bandwidth 80 --out surface.tif --picture surface.png
    """
    from mapping.services import file_densities

    with _stages([file], out, picture, is_surface=True) as stage:
        found = file_densities.density_in_file(
            _places(file, crs, skip_missing),
            bandwidth_m=bandwidth,
            cell_size_m=cell_size,
            language=language,
            stage=stage,
        )
    _tell(found, Text("How densely people marked"), language, out, picture)


@analyse_cli.command()
def trend(
    file: File,
    time: Annotated[str, typer.Option(help="Column of dates such as 2026-11-23, or with a time of day.")],
    days: Annotated[int, typer.Option(min=1, help="Length of a window.")] = 30,
    end: Annotated[datetime | None, typer.Option(help="End of the last window; by default the last date.")] = None,
    out: Out = None,
    picture: Picture = None,
    streets: Streets = None,
    area: Area = None,
    grid: GridKind = "hexagons",
    cell_size: CellSize = None,
    reach: Reach = None,
    max_q: MaxQ = 0.05,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """Which places are new, growing, lasting, easing or over.

    Example: mapping analyse trend marks.csv --time date --days 30 --out trend.geojson --picture trend.png
    """
    import pandas as pd

    from mapping.services import file_trends

    with _stages([file, streets, area], out, picture) as stage:
        found = file_trends.trend_in_file(
            _places(file, crs, skip_missing, time=time),
            days=days,
            grid=grid,
            cell_size_m=cell_size,
            reach_m=reach,
            streets=streets,
            area=area,
            end=None if end is None else pd.Timestamp(end, tz="UTC"),
            max_q=max_q,
            language=language,
            stage=stage,
        )
    _tell(found, Text("Better or worse?"), language, out, picture)


@analyse_cli.command()
def scan(
    file: File,
    cases: Annotated[str | None, typer.Option(help="Column of cases, where rows are areas.")] = None,
    people: Annotated[str | None, typer.Option(help="Column of people, where rows are areas.")] = None,
    population: Population = None,
    out: Out = None,
    picture: Picture = None,
    cell_size: CellSize = None,
    simulations: Annotated[int, typer.Option(min=19, max=99_999, help="For the chance of each circle.")] = 999,
    seed: Seed = 1,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """Circles with more cases than the people who live there explain (Kulldorff's scan).

    Example: mapping analyse scan counties.gpkg --cases sick --people births --out clusters.geojson
    """
    from mapping.services import file_rates

    with _stages([file, population], out, picture) as stage:
        found = file_rates.scan_in_file(
            _places(file, crs, skip_missing, cases=cases, population=people),
            population=population,
            cell_size_m=cell_size,
            simulations=simulations,
            seed=seed,
            language=language,
            stage=stage,
        )
    title = Text("More cases than people explain")
    _tell(found, title, language, out, picture)


@analyse_cli.command()
def districts(
    file: File,
    cases: Annotated[str, typer.Option(help="Column of cases in each district.")],
    people: Annotated[str | None, typer.Option(help="Column of people, where districts differ in size.")] = None,
    out: Out = None,
    picture: Picture = None,
    max_q: MaxQ = 0.05,
    strict: Strict = False,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """Which districts stand out with their neighbours, or alone (Gi* and local Moran of polygons).

    Example: mapping analyse districts districts.gpkg --cases reports --people residents --picture districts.png
    """
    from mapping.services import file_rates

    with _stages([file], out, picture) as stage:
        found = file_rates.districts_in_file(
            _places(file, crs, skip_missing, cases=cases, population=people),
            max_q=max_q,
            strict=strict,
            language=language,
            stage=stage,
        )
    _tell(found, Text("Districts that stand out"), language, out, picture)


@analyse_cli.command("held-out")
def held_out(
    file: File,
    time: Annotated[str, typer.Option(help="Column of dates such as 2026-11-23, or with a time of day.")],
    split: Annotated[datetime, typer.Option(help="Hotspots are made from what is before, and checked on the rest.")],
    streets: Streets = None,
    area: Area = None,
    grid: GridKind = "hexagons",
    cell_size: CellSize = None,
    reach: Reach = None,
    max_q: MaxQ = 0.05,
    crs: Crs = None,
    skip_missing: Skip = False,
    language: Language = "en",
) -> None:
    """How much hotspots of one period catch of the next, beside raw counts and density on as much ground.

    Example: mapping analyse held-out marks.csv --time date --split 2026-09-01
    """
    import pandas as pd

    from mapping.services import file_hotspots

    with _stages([file, streets, area]) as stage:
        found = file_hotspots.held_out_in_file(
            _places(file, crs, skip_missing, time=time),
            split=pd.Timestamp(split, tz="UTC"),
            grid=grid,
            cell_size_m=cell_size,
            reach_m=reach,
            streets=streets,
            area=area,
            max_q=max_q,
            stage=stage,
        )
    rows, sentences = file_hotspots.catch_table(found, language)
    table = Table("", *(words.get(language) for words in (Text("caught"), Text("share"))), "PAI", "PEI*", "RRI")
    for row in rows:
        table.add_row(*row)
    rich.print(table)
    for sentence in sentences:
        rich.print(Line(sentence))
