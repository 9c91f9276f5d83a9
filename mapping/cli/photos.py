"""`mapping report photos …`: look at the photos of a report, and decide which of them everyone may see."""

from typing import Annotated
from uuid import UUID

import rich
import typer
from rich.table import Table

from mapping.cli.connected import Slug, with_database
from mapping.services.communities import DEMO
from mapping.services.photos import moderate_photos, photos_to_review
from mapping.store.database import Database

photos_cli = typer.Typer(no_args_is_help=True, help="Photos of a report.")
Report = Annotated[UUID, typer.Argument(help="The report's id, as `mapping report list` shows it.")]
Photo = Annotated[UUID | None, typer.Argument(help="One photo; without it, all of the report's.")]
Actor = Annotated[str, typer.Option(help="Who decides; kept in the history.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the history.")]


@photos_cli.command("list")
def list_photos(report_id: Report, community: Slug = DEMO) -> None:
    """Show a report's photos and where their files lie. Example: mapping report photos list REPORT."""
    kept = with_database(lambda database: photos_to_review(database, community, report_id))
    if not kept:
        rich.print("This report has no photos.")
        return
    table = Table("id", "state", "size", "file")
    for photo, path in kept:
        table.add_row(str(photo.id), photo.moderation, f"{photo.width} × {photo.height}", path)
    rich.print(table)


def _decide(
    action: str, report_id: UUID, photo_id: UUID | None, community: str, actor: str, reason: str | None
) -> None:
    async def work(database: Database) -> None:
        for photo in await moderate_photos(
            database, community, report_id, photo_id, action, actor=actor, reason=reason
        ):
            rich.print(f"{photo.id}: {photo.moderation}")

    with_database(work)


@photos_cli.command()
def publish(
    report_id: Report,
    photo_id: Annotated[UUID, typer.Argument(help="The photo that was looked at.")],
    actor: Actor,
    community: Slug = DEMO,
    reason: Reason = None,
) -> None:
    """Let everyone see a photo that was looked at. Example: mapping report photos publish REPORT PHOTO --actor me."""
    _decide("publish", report_id, photo_id, community, actor, reason)


@photos_cli.command()
def hide(
    report_id: Report, actor: Actor, photo_id: Photo = None, community: Slug = DEMO, reason: Reason = None
) -> None:
    """Take photos back. Example: mapping report photos hide REPORT PHOTO --actor council --reason "shows a face"."""
    _decide("hide", report_id, photo_id, community, actor, reason)
