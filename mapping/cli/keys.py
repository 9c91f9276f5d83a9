"""`mapping key …`: keys with which programs of others send reports."""

from typing import Annotated
from uuid import UUID

import rich
import typer
from rich.table import Table
from rich.text import Text as Line

from mapping.cli.connected import ERRORS, Slug, with_database
from mapping.services import api_keys
from mapping.services.communities import DEMO

key_cli = typer.Typer(no_args_is_help=True, help="Keys of programs that send reports (Open311).")


@key_cli.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Who has it, such as “city app”.")], community: Slug = DEMO
) -> None:
    """Make a key and show it, this once. Example: mapping key add "city app" --community demo."""
    key = with_database(lambda database: api_keys.add_key(database, community, name))
    ERRORS.print("This key is shown once; only a hash of it is kept:")
    typer.echo(key)


@key_cli.command("list")
def list_keys(community: Slug = DEMO) -> None:
    """Show who has a key, never the key. Example: mapping key list --community demo."""
    kept = with_database(lambda database: api_keys.list_keys(database, community))
    if not kept:
        rich.print("There are no keys.")
        return
    table = Table("id", "name", "since", title="Keys", title_justify="left")
    for key in kept:
        table.add_row(str(key.id), Line(key.name), f"{key.created_at:%Y-%m-%d}")
    rich.print(table)


@key_cli.command("remove")
def remove_key(key_id: UUID, community: Slug = DEMO) -> None:
    """Remove a key; what was sent with it stays. Example: mapping key remove ID --community demo."""
    with_database(lambda database: api_keys.remove_key(database, community, key_id))
    rich.print("Removed.")
