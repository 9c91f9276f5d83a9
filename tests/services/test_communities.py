"""Adding a community: what is refused, by field."""

from typing import Any

import pytest
import shapely

from mapping.errors import InvalidInput
from mapping.services.communities import add_community, which_community
from mapping.store import communities
from mapping.store.database import Database

GOOD: dict[str, Any] = {
    "slug": "good-town",
    "name": {"en": "Good", "uk": "Добре"},
    "boundary": shapely.box(24.9, 60.1, 25.0, 60.2),
    "time_zone": "Europe/Kyiv",
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Good Town"),
        ("slug", "-"),
        ("slug", "a" * 64),
        ("name.uk", {"en": "Good"}),
        ("name", {"en": "Good\x00", "uk": "Добре"}),
        ("name", {"en": "G" * 81, "uk": "Добре"}),
        ("boundary", shapely.Point(24.9, 60.1)),
        ("boundary", shapely.Polygon()),
        ("boundary", shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])),
        ("boundary", shapely.box(24.9, 85, 25.0, 86)),
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "../../etc/passwd"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(database: Database, field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await add_community(database, **{**GOOD, field.partition(".")[0]: value})
    assert [error.field for error in refusal.value.errors] == [field]


async def test_a_community_is_added_once(database: Database) -> None:
    first = await add_community(database, **GOOD)
    assert await add_community(database, **GOOD) == first


async def test_which_community_is_asked_where_it_is_not_plain(
    database: Database, other_town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await which_community(database, "any") == "any"
    with pytest.raises(InvalidInput, match="Say it with --community"):
        await which_community(database, None)
    async with database.public.connect() as connection:
        one = await communities.find(connection, other_town)

    async def only(_: object) -> list[communities.Community]:
        return [one]

    monkeypatch.setattr(communities, "every", only)
    assert await which_community(database, None) == other_town
