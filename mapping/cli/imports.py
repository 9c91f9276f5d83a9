"""`mapping import …`: streets, people and reports of others, into a community."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import rich
import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text as Line

from mapping.cli.connected import ERRORS, with_database
from mapping.errors import InvalidInput
from mapping.services.communities import which_community
from mapping.store.database import Database

if TYPE_CHECKING:
    from mapping.services.report_imports import ImportedReports

import_cli = typer.Typer(no_args_is_help=True, help="Bring data in.")
OnlySlug = Annotated[
    str | None, typer.Option(help="Community, by its short name; may be left out where there is one alone.")
]
Column = Annotated[str | None, typer.Option(metavar="COLUMN", help="Its column; by default known from its name.")]


@import_cli.command("population")
def import_people(
    file: Path,
    source: Annotated[str, typer.Option(help="Where the numbers come from; shown with them.")],
    community: OnlySlug = None,
) -> None:
    """Import people per cell, for exposure. Example: mapping import population pop.tif --source "GHS-POP 2020"."""
    from mapping.services.populations import import_population

    async def work(database: Database) -> float:
        return await import_population(database, await which_community(database, community), file, source=source)

    people = with_database(work)
    rich.print(f"{people:,.0f} people on and around the community's ground.")


@import_cli.command("osm")
def import_osm(file: Path, community: OnlySlug = None) -> None:
    """Import streets, lamps, crossings and places. Example: mapping import osm town.osm.pbf --community demo."""
    with Progress(console=ERRORS) as progress:
        task = progress.add_task(file.name, total=1.0)

        async def work(database: Database) -> Any:
            from mapping.services import imports

            slug = await which_community(database, community)
            return await imports.import_osm(
                database, slug, file, progress=lambda part: progress.update(task, completed=part)
            )

        counts = with_database(work)
    table = Table("", "added", "updated", "removed", title=file.name, title_justify="left")
    for name, count in vars(counts).items():
        table.add_row(name.replace("_", " "), *(f"{number:,}" for number in vars(count).values()))
    rich.print(table)


@import_cli.command("reports")
def import_reports(
    file: Annotated[Path, typer.Argument(help="CSV, GeoJSON, GeoPackage, or Open311 requests in JSON or XML.")],
    community: OnlySlug = None,
    category: Column = None,
    time: Column = None,
    description: Column = None,
    place: Column = None,
    severity: Column = None,
    when: Column = None,
    affected: Column = None,
    consent: Column = None,
    reporter: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Who made it, so that one person counts once; kept as a hash.")
    ] = None,
    row_id: Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="What names a row for ever.")] = None,
    lon: Column = None,
    lat: Column = None,
    category_is: Annotated[str | None, typer.Option(metavar="CODE", help="Category where a row names none.")] = None,
    severity_is: Annotated[int, typer.Option(min=1, max=4, help="How bad, where a row does not say.")] = 2,
    when_is: Annotated[str, typer.Option(help="day, night or always, where a row does not say.")] = "always",
    renamed: Annotated[
        list[str] | None, typer.Option("--map", metavar="OLD=CODE", help="A category of the file and ours; repeatable.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Name of the data, the same every time; default: the file's.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Keep good rows although others are refused.")] = False,
    errors: Annotated[Path | None, typer.Option(help="Write everything that is refused: .csv.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Release at once; else all wait for review.")] = False,
    actor: Annotated[str, typer.Option(help="Who publishes; kept in the history.")] = "import",
) -> None:
    """Import reports, once however often. Example: mapping import reports calls.csv --community demo --time day."""
    from mapping.services import report_imports
    from mapping.services.report_columns import Columns

    named = {"category": category, "time": time, "description": description, "place": place, "severity": severity,
             "when": when, "affected": affected, "consent": consent, "reporter": reporter, "id": row_id, "lon": lon,
             "lat": lat}  # fmt: skip
    columns = Columns(
        named={name: column for name, column in named.items() if column is not None},
        category_is=category_is,
        severity_is=severity_is,
        when_is=when_is,
        renamed=_pairs(renamed or []),
    )
    how = report_imports.ReportImport(columns, source, skip_bad, publish, errors, actor)
    with Progress(console=ERRORS) as progress:
        task = progress.add_task(file.name, total=1.0)

        async def work(database: Database) -> "ImportedReports":
            slug = await which_community(database, community)
            return await report_imports.import_reports(
                database, slug, file, how, lambda share: progress.update(task, completed=share)
            )

        found = with_database(work)
    _tell(found, errors)


def _pairs(changes: list[str]) -> dict[str, str]:
    pairs = [change.rpartition("=") for change in changes]
    if any(not equals for _, equals, _ in pairs):
        raise InvalidInput("Categories are written OLD=CODE, such as --map 'Street light out=broken_lamps'.")
    return {old: code for old, _, code in pairs}


def _tell(found: "ImportedReports", errors: Path | None) -> None:
    """What became of the rows; exit status 1 where nothing was kept."""
    if found.refused:
        table = Table("row", "column", "reason", title="Refused", title_justify="left")
        for fault in found.first_faults:
            table.add_row(str(fault.row), Line(fault.column), Line(fault.reason))
        ERRORS.print(table)
        where = f"; all are in {errors.name}" if errors is not None else "; --errors errors.csv writes all of them"
        ERRORS.print(Line(f"{found.refused:,} of {found.rows:,} rows refused{where}."), soft_wrap=True)
    if found.written is None:
        ERRORS.print(Line("Nothing was kept. Mend the rows, or keep the good ones with --skip-bad."), soft_wrap=True)
        raise typer.Exit(1)
    written = found.written
    rich.print(f"{written.added:,} added, {written.published:,} of them released; {written.unchanged:,} known before.")
    if written.repeated or written.withdrawn:
        rich.print(
            f"Left out: {written.repeated:,} the same as an earlier row, {written.withdrawn:,} withdrawn before."
        )
    if written.added > written.published:
        rich.print("What is not released waits for review: mapping report list.")
