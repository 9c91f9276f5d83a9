"""The door of the command line: `mapping …`.

What only one command needs and is slow to import (pandas, osmium) is imported by that command.
"""

import contextlib
import logging
import signal
from typing import Annotated
from uuid import UUID

import rich
import typer
from pydantic import ValidationError
from rich.text import Text as Line

from mapping.cli.analyse import analyse_cli
from mapping.cli.communities import community_cli
from mapping.cli.connected import ERRORS, do_nothing, with_database
from mapping.cli.exports import export_cli
from mapping.cli.imports import import_cli
from mapping.cli.keys import key_cli
from mapping.cli.reports import report_cli
from mapping.cli.serving import demo, serve
from mapping.errors import MappingError
from mapping.services.analyses import request_analysis, wait_for_run
from mapping.services.communities import DEMO
from mapping.store.database import Database
from mapping.worker import run_worker

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Community Mapping.", pretty_exceptions_enable=False)
cli.command()(serve)
cli.command()(demo)
cli.add_typer(analyse_cli, name="analyse")
cli.add_typer(community_cli, name="community")
cli.add_typer(export_cli, name="export")
cli.add_typer(import_cli, name="import")
cli.add_typer(key_cli, name="key")
cli.add_typer(report_cli, name="report")


@cli.command()
def migrate() -> None:
    """Bring the database's schema up to date. Example: mapping migrate."""
    with_database(do_nothing)
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
