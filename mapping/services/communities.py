"""Communities: adding one."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shapely.geometry.base import BaseGeometry

from mapping.errors import FieldError, InvalidInput, NotFound
from mapping.geodesy import MAX_UTM_LATITUDE, MIN_UTM_LATITUDE
from mapping.languages import LANGUAGES
from mapping.store import communities
from mapping.store.database import Database

MAX_NAME = 80
NAMED_IN = ("en", "uk")
DEMO = "demo"  # short name of the community that `mapping demo` fills


def _is_ground(boundary: BaseGeometry) -> bool:
    if boundary.geom_type not in ("Polygon", "MultiPolygon") or boundary.is_empty or not boundary.is_valid:
        return False
    west, south, east, north = boundary.bounds
    return west >= -180 and east <= 180 and south >= MIN_UTM_LATITUDE and north <= MAX_UTM_LATITUDE


async def which_community(database: Database, slug: str | None) -> str:
    """The community that is said; where none is, the only one there is.

    Raises
    ------
    InvalidInput
        If none is said and there is none, or more than one.
    """
    if slug is not None:
        return slug
    async with database.public.connect() as connection:
        every = [community.slug for community in await communities.every(connection)]
    if len(every) != 1:
        there_are = "The communities are " + ", ".join(every)[:300] if every else "There is no community yet"
        raise InvalidInput(f"Which community? Say it with --community. {there_are}.")
    return every[0]


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
        Name by language code; those of `NAMED_IN` are needed, others may be there too.
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
    if not communities.is_slug(slug):
        raise InvalidInput("The short name cannot be used.", [FieldError("slug", "small letters, digits, hyphens")])
    if missing := [language for language in NAMED_IN if not name.get(language)]:
        raise InvalidInput("A name is missing.", [FieldError(f"name.{language}", "needed") for language in missing])
    if any("\x00" in text or len(text) > MAX_NAME for text in name.values()):
        raise InvalidInput("A name cannot be used.", [FieldError("name", f"at most {MAX_NAME} letters, no NUL")])
    if not _is_ground(boundary):
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
