"""The door of the command line: `mapping …`.

What only one command needs and is slow to import (pandas, osmium) is imported by that command.
"""

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import webbrowser
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import rich
import typer
import uvicorn
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text as Line

from mapping.api.connections import Connection
from mapping.app import create_app
from mapping.cli.analyse import analyse_cli
from mapping.cli.communities import community_cli
from mapping.cli.connected import ERRORS, Slug, settings_of, with_database
from mapping.cli.exports import export_cli
from mapping.cli.imports import import_cli
from mapping.cli.keys import key_cli
from mapping.cli.photos import photos_cli
from mapping.errors import MappingError, Unavailable
from mapping.layers.vocabulary import Tier
from mapping.services.analyses import request_analysis, wait_for_run
from mapping.services.communities import DEMO
from mapping.services.moderation import (
    ReportAsRead,
    moderate_report,
    report_as_read,
    reports_in_doubt,
    reports_to_review,
)
from mapping.services.reports import own_view
from mapping.services.statuses import change_status
from mapping.settings import Settings
from mapping.store.confirmations import Said
from mapping.store.database import Database, open_database
from mapping.store.reports import StoredReport
from mapping.web import data_dir
from mapping.worker import run_worker

MAX_CONNECTIONS = 1000  # more are answered 503 at once
cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Community Mapping.", pretty_exceptions_enable=False)
report_cli = typer.Typer(no_args_is_help=True, help="Decide on reports.")
cli.add_typer(analyse_cli, name="analyse")
cli.add_typer(community_cli, name="community")
cli.add_typer(export_cli, name="export")
cli.add_typer(import_cli, name="import")
cli.add_typer(key_cli, name="key")
cli.add_typer(report_cli, name="report")
report_cli.add_typer(photos_cli, name="photos")

Host = Annotated[str | None, typer.Option(help="Address to listen on; default MAPPING_HOST, else 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port; default MAPPING_PORT, else 8000.")]


def _listen(settings: Settings) -> socket.socket:
    """The server's socket, opened before anything else is started: a port in use is said at once."""
    try:
        listening = socket.create_server((settings.host, settings.port), reuse_port=False)
    except OSError as error:
        raise Unavailable(
            f"Port {settings.port} of {settings.host} cannot be used ({os.strerror(error.errno or 0)}); "
            "choose another with --port."
        ) from None
    # asyncio sets it only where the socket says that it is TCP, which this one does not; without it an answer in two
    # pieces waits 40 ms for the client's acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _serve(settings: Settings, prepare: Callable[[Database], Coroutine[Any, Any, None]], opened: str | None) -> None:
    async def run() -> None:
        listening = _listen(settings)
        database = open_database(settings)
        try:
            await prepare(database)
            server = uvicorn.Server(
                uvicorn.Config(
                    create_app(settings, database),
                    http=Connection,
                    access_log=False,
                    log_level="warning",
                    server_header=False,
                    forwarded_allow_ips=settings.trusted_proxies,
                    timeout_graceful_shutdown=10,
                    limit_concurrency=MAX_CONNECTIONS,
                )
            )
            supervising = asyncio.create_task(database.supervise())
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            while not (server.started or serving.done()):
                await asyncio.sleep(0.02)
            gc.freeze()  # what is loaded stays: looking through it all again would hold every answer up for 80 ms
            if server.started:
                address = f"http://{settings.host}:{settings.port}"
                rich.print(f"[bold green]Ready:[/] {address}/en/c/{DEMO} · {address}/uk/c/{DEMO}  (Ctrl-C stops)")
                if opened is not None:
                    webbrowser.open(address + opened)
            await serving
            supervising.cancel()
        finally:
            await database.close()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


async def _nothing(_: Database) -> None:
    return None


@cli.command()
def serve(host: Host = None, port: Port = None) -> None:
    """Serve pages and API, with a worker beside. Example: mapping serve --port 8123."""
    _serve(settings_of(host, port), _nothing, None)


@cli.command()
def demo(
    port: Port = None,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
) -> None:
    """Serve a demo town with simulated reports. Example: mapping demo --port 8123 --no-browser."""

    async def prepare(database: Database) -> None:
        from mapping.formats.osm import demo_extract_path
        from mapping.services.demo import load_demo

        scenario = data_dir() / "demo" / "scenario.json"
        await load_demo(database, demo_extract_path(), scenario, say=lambda line: rich.print(f"[dim]▸[/] {line}"))

    rich.print("[dim]▸[/] Starting the database")
    _serve(settings_of(None, port), prepare, f"/en/c/{DEMO}" if browser else None)


@cli.command()
def migrate() -> None:
    """Bring the database's schema up to date. Example: mapping migrate."""
    with_database(_nothing)
    rich.print("The schema is up to date.")


@cli.command()
def worker() -> None:
    """Carry out background jobs until stopped. Example: mapping worker."""
    with contextlib.suppress(KeyboardInterrupt):
        with_database(run_worker)


@analyse_cli.command("community")
def analyse_community(slug: Annotated[str, typer.Argument(help="Its short name.")] = DEMO) -> None:
    """Rank a community's hotspots now. Example: mapping analyse community demo."""

    async def work(database: Database) -> UUID:
        run_id = await request_analysis(database, slug)
        await run_worker(database, until_idle=True)
        await wait_for_run(database, slug, run_id)
        return run_id

    rich.print(f"Run {with_database(work)} is done.")


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


def main() -> None:
    """Run a command; an expected error is one clear line and exit status 1. SIGTERM ends it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        cli(prog_name="mapping")
    except MappingError as error:
        fields = "".join(f" {fault.field}: {fault.reason}." for fault in error.errors)
        ERRORS.print(Line.assemble((f"{error.title}:", "bold red"), f" {error.detail}{fields}"), soft_wrap=True)
        raise SystemExit(1) from None
    except ValidationError as error:
        fields = ", ".join(f"MAPPING_{str(item['loc'][0]).upper()}" for item in error.errors())
        ERRORS.print(f"[bold red]A setting cannot be used:[/] {fields}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None
