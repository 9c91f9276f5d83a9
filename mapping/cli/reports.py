"""`mapping report …`: read reports and decide on them."""

import json
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import rich
import typer
from rich.table import Table
from rich.text import Text as Line

from mapping.cli.connected import Slug, with_database
from mapping.cli.photos import photos_cli
from mapping.layers.vocabulary import Tier
from mapping.services.communities import DEMO
from mapping.services.moderation import (
    ReportAsRead,
    moderate_report,
    report_as_read,
    reports_in_doubt,
    reports_to_review,
)
from mapping.services.report_views import own_view
from mapping.services.statuses import change_status
from mapping.store.confirmations import Said
from mapping.store.database import Database
from mapping.store.reports import StoredReport

report_cli = typer.Typer(no_args_is_help=True, help="Decide on reports.")
report_cli.add_typer(photos_cli, name="photos")


def _moderate(
    action: str, report_id: UUID, community: str, actor: str, reason: str | None, revision: int | None = None
) -> None:
    async def work(database: Database) -> None:
        report = await moderate_report(
            database, community, report_id, action, actor=actor, reason=reason, revision=revision
        )
        rich.print(f"{report.id}: {report.moderation}")

    with_database(work)


Actor = Annotated[str, typer.Option(help="Who decides; kept in the history.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the history, which the reporter may read.")]


@report_cli.command("list")
def list_reports(community: Slug = DEMO) -> None:
    """Show what waits for a decision; of confidential reports the id alone. Example: mapping report list."""

    async def work(database: Database) -> tuple[list[ReportAsRead], list[tuple[StoredReport, Said]]]:
        return await reports_to_review(database, community), await reports_in_doubt(database, community)

    waiting, doubted = with_database(work)
    if not waiting:
        rich.print("Nothing waits for a decision.")
    else:
        _show_waiting(waiting)
    if doubted:
        _show_doubted(doubted)


def _show_waiting(waiting: list[ReportAsRead]) -> None:
    columns = ("id", "revision", "category", "how bad", "place in words")
    table = Table(*columns, title=f"{len(waiting)} waiting", title_justify="left")
    for read in waiting:
        report, is_told = read.report, read.report.tier < Tier.T2
        row = (report.category, str(report.severity), Line(report.place or "")) if is_told else ("confidential", "", "")
        table.add_row(str(report.id), str(read.revision), *row)
    rich.print(table)


@report_cli.command()
def show(report_id: UUID, community: Slug = DEMO) -> None:
    """Read a report before deciding on it; of a confidential one its state alone. Example: mapping report show ID."""
    read = with_database(lambda database: report_as_read(database, community, report_id))
    told = own_view(read.report)
    if read.report.tier == Tier.T2:
        told = {name: told[name] for name in ("id", "moderation", "status")} | {"category": "confidential"}
    table = Table(title=f"revision {read.revision}", title_justify="left", show_header=False)
    for name, value in told.items():
        words = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value or "")
        table.add_row(name, Line(words))
    rich.print(table)


def _show_doubted(doubted: list[tuple[StoredReport, Said]]) -> None:
    columns = ("id", "category", "status", "people say fixed", "people say not fixed")
    table = Table(*columns, title=f"{len(doubted)} of which residents question the status", title_justify="left")
    for report, said in doubted:
        category = report.category if report.tier < Tier.T2 else "confidential"
        table.add_row(str(report.id), category, report.status, str(said.fixed), str(said.not_fixed))
    rich.print(table)


class Step(StrEnum):
    """Steps on the axis of what is done about a report."""

    PLAN = "plan"
    START = "start"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"


@report_cli.command("status")
def set_status(
    community: Annotated[str, typer.Argument(help="Its short name.")],
    report_id: UUID,
    step: Step,
    actor: Actor = "working group",
    reason: Reason = None,
) -> None:
    """Say what is done about a report; to close it takes a known reason.

    Example: mapping report status demo ID resolve --reason "lamp replaced", or … ID close --reason no_money.
    """

    async def work(database: Database) -> None:
        report = await change_status(database, community, report_id, step.value, actor=actor, reason=reason)
        rich.print(f"{report.id}: {report.status}")

    with_database(work)


@report_cli.command()
def publish(
    report_id: UUID,
    revision: Annotated[int, typer.Option(min=1, help="The one you have read, as `show` and `list` tell it.")],
    actor: Actor,
    community: Slug = DEMO,
    reason: Reason = None,
) -> None:
    """Release a report as it was read. Example: mapping report publish ID --revision 1 --actor "council"."""
    _moderate("publish", report_id, community, actor, reason, revision)


@report_cli.command()
def hide(report_id: UUID, actor: Actor, community: Slug = DEMO, reason: Reason = None) -> None:
    """Take a released report back. Example: mapping report hide ID --actor "council" --reason "names a person"."""
    _moderate("hide", report_id, community, actor, reason)


@report_cli.command()
def reject(report_id: UUID, actor: Actor, community: Slug = DEMO, reason: Reason = None) -> None:
    """Refuse a report. Example: mapping report reject ID --actor "council" --reason "no such place"."""
    _moderate("reject", report_id, community, actor, reason)
