"""The numbers a community's hotspots are computed with.

Apart from `services.analyses`, because the statistics take a second to import.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from mapping.analysis.parameters import HotspotParameters
from mapping.errors import InvalidInput
from mapping.services.analyses import refresh_analysis
from mapping.store import communities
from mapping.store.database import Database

FIXED = {"private_layers", "evidence_layers", "min_reporters"}  # what protects people is no setting


async def read_parameters(database: Database, slug: str) -> dict[str, Any]:
    """The parameters a community's hotspots are computed with, every one of them."""
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
    return asdict(HotspotParameters(**community.settings.get("hotspots", {})))


async def set_parameters(database: Database, slug: str, changes: Mapping[str, str]) -> dict[str, Any]:
    """Change some parameters of a community's hotspots; a new analysis follows.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    changes : mapping of str
        Values by name, as JSON; an empty value goes back to the default.

    Returns
    -------
    dict
        All parameters.

    Raises
    ------
    NotFound
        If there is no such community.
    InvalidInput
        If a name is none of `HotspotParameters`, or a value cannot be used.
    """
    known = {field.name: field for field in fields(HotspotParameters)}
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        kept = dict(community.settings.get("hotspots", {}))
        for name, text in changes.items():
            if name not in known or name in FIXED:
                free = ", ".join(sorted(set(known) - FIXED))
                raise InvalidInput(f"There is no parameter {name!r}; there are {free}.")
            kept.pop(name, None)
            if text:
                kept[name] = _value(name, text)
        try:
            parameters = HotspotParameters(**kept)
        except TypeError:
            raise InvalidInput("A parameter is of the wrong kind; numbers stand alone, lists in brackets.") from None
        await communities.set_setting(connection, community.id, "hotspots", kept)
        await refresh_analysis(connection, community)
    return asdict(parameters)


def _value(name: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return tuple(value) if isinstance(value, list) else value
