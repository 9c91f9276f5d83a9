"""A million released reports over fifteen hundred communities, and what is asked of them."""

import asyncio
import json
import uuid

import numpy as np
import psycopg
import sqlalchemy as sa

from mapping.geodesy import web_mercator
from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from mapping.store.features import FeaturesQuery, page_statement
from mapping.store.tiles import TileKey

REPORTS, COMMUNITIES = 1_000_000, 1_500
WEST, SOUTH, COLUMNS = 23.0, 45.0, 50
LAMPS = COLLECTIONS["unlit_streets"]
Box = tuple[float, float, float, float]
FILL = f"""
INSERT INTO public_release.communities (slug, name, boundary, time_zone, languages)
SELECT 'town-' || n, '{{"en": "Town", "uk": "Місто"}}', ST_Multi(ST_MakeEnvelope(
    23 + (n % 50) * 0.3, 45 + (n / 50) * 0.2, 23.25 + (n % 50) * 0.3, 45.15 + (n / 50) * 0.2, 4326)), 'Europe/Kyiv',
    '{{en,uk}}'
FROM generate_series(0, {COMMUNITIES - 1}) AS n;
INSERT INTO mapping.community_secrets (community_id, mask_secret)
SELECT id, decode(repeat('5a', 32), 'hex') FROM public_release.communities;
SELECT setseed(0.5);
ALTER TABLE public_release.reports DISABLE TRIGGER note_inserted;
INSERT INTO public_release.reports (community_id, id, category, layer, tier, geometry, severity, when_seen, affected,
    place, description, observed_on, status)
SELECT town.id, gen_random_uuid(), 'broken_lamps', 'unlit_streets', 0,
    ST_Point(ST_XMin(town.boundary) + 0.25 * random(), ST_YMin(town.boundary) + 0.15 * random(), 4326),
    1 + (n % 4), 'night', '{{women}}', 'вулиця ' || n % 300, 'Ліхтар не світить уже ' || n % 90 || ' днів',
    '2026-' || lpad((1 + n % 12)::text, 2, '0') || '-15', 'open'
FROM public_release.communities AS town, generate_series(1, {REPORTS // COMMUNITIES + 1}) AS n LIMIT {REPORTS};
ALTER TABLE public_release.reports ENABLE TRIGGER note_inserted;
SELECT mapping.rebuild_report_grid();
"""
# tipg asks in degrees, and gets the index for it that the service does not need. pygeoapi can serve one geometry to a
# table and one column to a key, and gives every column of a table to a tile: it gets tables of its own.
FOR_PEERS = """
CREATE INDEX reports_degrees ON public_release.reports USING gist (geometry);
CLUSTER public_release.reports USING reports_geom_3857;
CREATE SCHEMA peers;
CREATE TABLE peers.reports AS SELECT id, community_id, category, layer, tier, geometry, radius_m, place, severity,
    when_seen, affected, description, observed_on, status, confirmations, is_simulated FROM public_release.reports;
CREATE TABLE peers.report_tiles AS
    SELECT id, layer, category, severity, status, radius_m, geometry FROM public_release.reports;
ALTER TABLE peers.reports ADD PRIMARY KEY (id);
ALTER TABLE peers.report_tiles ADD PRIMARY KEY (id);
CREATE INDEX reports_geometry ON peers.reports USING gist (geometry);
CREATE INDEX report_tiles_geometry ON peers.report_tiles USING gist (geometry);
CREATE TABLE peers.created (LIKE peers.reports INCLUDING ALL);
VACUUM ANALYZE public_release.reports;
VACUUM ANALYZE public_release.report_grid;
VACUUM ANALYZE peers.reports;
VACUUM ANALYZE peers.report_tiles;
CHECKPOINT;
"""
TILE_FIELDS = ("id", "layer", "category", "severity", "status", "radius_m")


def fill(database: Database) -> list[str]:
    """Make the ground; gives some ids of reports."""
    engine = sa.create_engine(database.owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (FILL + FOR_PEERS).split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))
        rows = connection.exec_driver_sql("SELECT id FROM public_release.reports ORDER BY id LIMIT 400").all()
    engine.dispose()
    asyncio.run(_leave(database))
    return [str(row[0]) for row in rows]


async def _leave(database: Database) -> None:
    await database.app.dispose()
    await database.public.dispose()


def boxes(count: int, wanted: int) -> list[Box]:
    """Boxes in degrees in which somewhat more than so many reports lie."""
    rng = np.random.default_rng(4)
    town = rng.integers(0, COMMUNITIES, count)
    share = np.sqrt(1.3 * wanted / (REPORTS / COMMUNITIES))
    west, south = WEST + (town % COLUMNS) * 0.3, SOUTH + (town // COLUMNS) * 0.2
    if share > 1:
        return [(w, s, w + 0.3 * share, s + 0.2 * share) for w, s in zip(west, south, strict=True)]
    shift = rng.random((count, 2)) * (1 - share)
    west, south = west + 0.25 * shift[:, 0], south + 0.15 * shift[:, 1]
    return [(w, s, w + 0.25 * share, s + 0.15 * share) for w, s in zip(west, south, strict=True)]


def page_in(box: Box, limit: int) -> tuple[str, dict[str, object]]:
    """The bare statement of a page of features in a box of degrees, and its values."""
    west, south, east, north = box
    corners = (*web_mercator(west, south), *web_mercator(east, north))
    return page_statement(LAMPS, FeaturesQuery(boxes=(corners,), limit=limit))


def tiles(dsn: str, zoom: int, most: int) -> list[TileKey]:
    """Tiles in which there are reports, in an order without pattern, none twice; zoom 17 at the most."""
    with psycopg.connect(dsn) as connection:
        cells = """SELECT DISTINCT gx >> %(shift)s, gy >> %(shift)s FROM public_release.report_grid WHERE z = 11
            ORDER BY 1, 2"""
        every = connection.execute(cells, {"shift": 17 - zoom}).fetchall()
    order = np.random.default_rng(zoom).permutation(len(every))[:most]
    return [TileKey(zoom, *every[number]) for number in order]


def report(number: int) -> tuple[uuid.UUID, int, dict[str, object]]:
    """A report that nobody sent before: its id, which town it is of, and what a phone would send."""
    town = number % COMMUNITIES
    place = [WEST + (town % COLUMNS) * 0.3 + 0.1, SOUTH + (town // COLUMNS) * 0.2 + 0.1]
    return uuid.UUID(int=(4 << 76) | (2 << 62) | number), town, {
        "category": "broken_lamps", "geometry": {"type": "Point", "coordinates": place}, "severity": 3,
        "when": "night", "affected": ["women"], "place": "вулиця 5", "description": "Ліхтар не світить",
        "consents": {"store": True, "working_group": True, "police": False, "publish": True},
    }  # fmt: skip


def report_row(number: int) -> dict[str, object]:
    """The columns of the same report in a peer's table."""
    _, town, told = report(number)
    return {
        "community_id": town + 1, "category": told["category"], "layer": "unlit_streets", "tier": 0,
        "radius_m": None, "place": told["place"], "severity": 3, "when_seen": "night", "affected": ["women"],
        "description": told["description"], "observed_on": "2026-11-24", "status": "open", "confirmations": 0,
        "is_simulated": False,
    }  # fmt: skip


def insert_statement(number: int) -> tuple[str, dict[str, object]]:
    """The bare statement that keeps a report and the first line of its history."""
    report_id, town, told = report(number)
    text = """WITH kept AS (
        INSERT INTO mapping.reports (community_id, id, category, layer, tier, geometry, public_geometry, place,
            severity, when_seen, affected, description, answers, observed_at, channel, consents, body_hash,
            edit_token_hash)
        SELECT id, %(id)s, %(category)s, 'unlit_streets', 0, place, place, %(place)s, 3, 'night', '{women}',
            %(description)s, '{}', now(), 'web', %(consents)s::jsonb, '\\x00', '\\x00'
        FROM public_release.communities, ST_GeomFromGeoJSON(%(geometry)s::text) AS place
        WHERE slug = %(slug)s
        ON CONFLICT DO NOTHING RETURNING community_id, id
    )
    INSERT INTO mapping.report_revisions (community_id, report_id, revision, actor, action, moderation, status)
    SELECT community_id, id, 1, 'reporter:web', 'submit', 'submitted', 'open' FROM kept RETURNING report_id"""
    values = {"id": report_id, "slug": f"town-{town}", "category": told["category"], "place": told["place"],
              "description": told["description"], "consents": json.dumps(told["consents"]),
              "geometry": json.dumps(told["geometry"])}  # fmt: skip
    return text, values
