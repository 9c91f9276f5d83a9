"""Communities: adding one."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shapely.geometry.base import BaseGeometry

from mapping.errors import FieldError, InvalidInput, NotFound
from mapping.layers.reports import LANGUAGES
from mapping.store import communities
from mapping.store.database import Database

DEMO = "demo"  # short name of the community that `mapping demo` fills


async def add_community(
    database: Database,
    *,
    slug: str,
    name: Mapping[str, str],
    boundary: BaseGeometry,
    time_zone: str,
    is_simulated: bool = False,
) -> int:
    """Add a community, or give the id of the one that has this slug.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Short name for addresses: small letters, digits, single hyphens.
    name : mapping
        Name by language code; every language is needed.
    boundary : Polygon or MultiPolygon
        EPSG:4326.
    time_zone : str
        IANA name.
    is_simulated : bool
        Every page of it then says so.

    Raises
    ------
    InvalidInput
        If a field breaks a rule.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput("The time zone is unknown.", [FieldError("time_zone", "an IANA name")]) from None
    if missing := [language for language in LANGUAGES if not name.get(language)]:
        raise InvalidInput("A name is missing.", [FieldError(f"name.{language}", "needed") for language in missing])
    if boundary.geom_type not in ("Polygon", "MultiPolygon") or not boundary.is_valid or boundary.is_empty:
        raise InvalidInput("The boundary is not usable.", [FieldError("boundary", "a valid polygon in EPSG:4326")])
    async with database.app.begin() as connection:
        try:
            return (await communities.find(connection, slug)).id
        except NotFound:
            return await communities.add(
                connection,
                slug=slug,
                name=name,
                boundary=boundary,
                time_zone=time_zone,
                languages=LANGUAGES,
                is_simulated=is_simulated,
            )
