"""What the commands that need the database share."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from mapping.settings import Settings
from mapping.store.database import Database, open_database

T = TypeVar("T")
ERRORS = Console(stderr=True)
Slug = Annotated[str, typer.Option(help="Community, by its short name.")]


def settings_of(host: str | None = None, port: int | None = None) -> Settings:
    """The environment's settings, under what the command line says."""
    said = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return Settings().model_copy(update=said)


def with_database(work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Do some work with the database of the environment's settings."""

    async def run() -> T:
        database = open_database(settings_of())
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def do_nothing(_: Database) -> None:
    """To open the database is enough."""
