"""The tables as SQLAlchemy and GeoAlchemy2 know them; the migrations make them, a test holds both together.

Geometry is EPSG:4326; `geom_3857` is generated from it by the database and carries the spatial index.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TIMESTAMP, UUID

from mapping.geodesy import WEB_MERCATOR, WGS84

metadata = sa.MetaData()


def _column(name: str, kind: Any, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, server_default=None if default is None else sa.text(default))


def _texts(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, sa.Text, null=null) for name in names]


def _geometry(kind: str, *, name: str = "geometry", null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Geometry(kind, WGS84, spatial_index=False), nullable=null)


def _web_mercator(kind: str) -> sa.Column[Any]:
    made = sa.Computed("ST_Transform(geometry, 3857)", persisted=True)
    return sa.Column("geom_3857", Geometry(kind, WEB_MERCATOR, spatial_index=False), made)


def _community() -> sa.Column[Any]:
    owner = sa.ForeignKey("public_release.communities.id", ondelete="CASCADE")
    return sa.Column("community_id", sa.Integer, owner, primary_key=True, autoincrement=False)


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _counted() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _table(schema: str, name: str, *parts: Any, prefixes: Sequence[str] = ()) -> sa.Table:
    table = sa.Table(name, metadata, *parts, schema=schema, prefixes=list(prefixes))
    if "geom_3857" in table.c:
        sa.Index(f"{name}_geom_3857", table.c.geom_3857, postgresql_using="gist")
    return table


def _now(name: str) -> sa.Column[Any]:
    return _column(name, TIMESTAMP(timezone=True), default="now()")


communities = _table(
    "public_release",
    "communities",
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    _column("name", JSONB),
    _geometry("MULTIPOLYGON", name="boundary"),
    _column("time_zone", sa.Text),
    _column("languages", ARRAY(sa.Text)),
    _column("is_simulated", sa.Boolean, default="false"),
    _column("settings", JSONB, default="'{}'::jsonb"),
    _column("network_version", sa.Integer, default="0"),
)

released_reports = _table(
    "public_release",
    "reports",
    _community(),
    _key("id", UUID(as_uuid=True)),
    *_texts("category", "layer"),
    _column("tier", sa.SmallInteger),
    _geometry("GEOMETRY", null=True),
    _web_mercator("GEOMETRY"),
    _column("radius_m", sa.Double, null=True),
    *_texts("place", null=True),
    _column("severity", sa.SmallInteger),
    *_texts("when_seen"),
    _column("affected", ARRAY(sa.Text)),
    *_texts("description", null=True),
    *_texts("observed_on", "status"),
    _column("confirmations", sa.Integer, default="0"),
    _column("is_simulated", sa.Boolean, default="false"),
    _column("said_fixed", sa.Integer, default="0"),
    _column("said_not_fixed", sa.Integer, default="0"),
    sa.Index("reports_id", "id"),
    sa.Index("reports_layer", "layer", "id"),
    sa.Index("reports_observed", "community_id", "observed_on", "id"),
    sa.Index("reports_month", "community_id", sa.text("left(observed_on, 7) DESC"), "id"),
)

released_hotspots = _table(
    "public_release",
    "hotspots",
    _community(),
    _key("id", UUID(as_uuid=True)),
    _column("rank", sa.Integer),
    _column("properties", JSONB),
    _geometry("MULTIPOLYGON"),
    _web_mercator("MULTIPOLYGON"),
    sa.Index("hotspots_id", "id"),
)

hotspot_summaries = _table("public_release", "hotspot_summaries", _community(), _column("summary", JSONB))

street_segments = _table(
    "public_release",
    "street_segments",
    _community(),
    _key("osm_way_id", sa.BigInteger),
    _key("segment", sa.Integer),
    *_texts("name", null=True),
    *_texts("highway"),
    *_texts("lit", "surface", "sidewalk", "kerb", "wheelchair", "incline", null=True),
    _column("length_m", sa.Double),
    _geometry("LINESTRING"),
    _web_mercator("LINESTRING"),
)

lamps = _table(
    "public_release", "lamps", _community(), _key("osm_id", sa.BigInteger), _geometry("POINT"), _web_mercator("POINT")
)

crossings = _table(
    "public_release",
    "crossings",
    _community(),
    _key("osm_id", sa.BigInteger),
    *_texts("crossing", "tactile_paving", "kerb", "wheelchair", "button_sound", null=True),
    _geometry("POINT"),
    _web_mercator("POINT"),
)

places = _table(
    "public_release",
    "places",
    _community(),
    _key("osm_type", sa.CHAR(1)),
    _key("osm_id", sa.BigInteger),
    *_texts("kind"),
    *_texts("class", "name", "wheelchair", null=True),
    _geometry("GEOMETRY"),
    _web_mercator("GEOMETRY"),
    sa.Index(
        "places_settlements",
        "geom_3857",
        postgresql_using="gist",
        postgresql_where=sa.text("kind = 'locality' AND class IN ('city', 'town', 'village', 'hamlet')"),
    ),
)

addresses = _table(
    "public_release",
    "addresses",
    _community(),
    _key("osm_type", sa.CHAR(1)),
    _key("osm_id", sa.BigInteger),
    _key("number", sa.Text),
    *_texts("number_key", "street", "street_key"),
    _geometry("POINT"),
    _web_mercator("POINT"),
    sa.Index("addresses_number", "community_id", "street_key", "number_key"),
)

search_names = _table(
    "public_release",
    "search_names",
    _community(),
    _key("id", sa.Integer),
    *_texts("kind"),
    *_texts("class", "name", null=True),
    *_texts("key", "class_key", "words"),
    *_texts("locality", null=True),
    *_texts("locality_key"),
    _geometry("POINT"),
    sa.Index(
        "search_names_words", "community_id", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}
    ),
)

community_secrets = _table("mapping", "community_secrets", _community(), _column("mask_secret", BYTEA))

api_keys = _table(
    "mapping",
    "api_keys",
    _community(),
    _key("id", UUID(as_uuid=True)),
    *_texts("name"),
    _column("key_hash", BYTEA),
    _now("created_at"),
    sa.UniqueConstraint("community_id", "key_hash"),
)

members = _table(
    "mapping",
    "members",
    _community(),
    _key("id", UUID(as_uuid=True)),
    *_texts("name", "sector", "role"),
    _now("created_at"),
)

reports = _table(
    "mapping",
    "reports",
    _community(),
    _key("id", UUID(as_uuid=True)),
    *_texts("category", "layer"),
    _column("tier", sa.SmallInteger),
    _geometry("GEOMETRY", null=True),
    _web_mercator("GEOMETRY"),
    _geometry("GEOMETRY", name="public_geometry", null=True),
    *_texts("place", null=True),
    _column("severity", sa.SmallInteger),
    *_texts("when_seen"),
    _column("affected", ARRAY(sa.Text)),
    *_texts("description", null=True),
    _column("answers", JSONB),
    _column("observed_at", TIMESTAMP(timezone=True)),
    *_texts("channel"),
    _column("consents", JSONB),
    _column("moderation", sa.Text, default="'submitted'::text"),
    _column("status", sa.Text, default="'open'::text"),
    _column("body_hash", BYTEA),
    _column("edit_token_hash", BYTEA),
    _column("reporter_key", BYTEA, null=True),
    _column("public_id", UUID(as_uuid=True), null=True),
    _now("created_at"),
    sa.UniqueConstraint("community_id", "public_id"),
    sa.Index("reports_moderation", "community_id", "moderation", "created_at"),
)


def _of_report(name: str, *parts: Any) -> sa.Table:
    """A table whose rows belong to a report and go with it."""
    return _table(
        "mapping",
        name,
        sa.Column("community_id", sa.Integer, primary_key=True, autoincrement=False),
        _key("report_id", UUID(as_uuid=True)),
        *parts,
        sa.ForeignKeyConstraint(
            ["community_id", "report_id"], ["mapping.reports.community_id", "mapping.reports.id"], ondelete="CASCADE"
        ),
    )


reporter_groups = _of_report("reporter_groups", *_texts("reporter_group"))

report_revisions = _of_report(
    "report_revisions",
    _key("revision", sa.Integer),
    _now("at"),
    *_texts("actor", "action"),
    *_texts("reason", null=True),
    *_texts("moderation", "status"),
)

photos = _of_report(
    "photos",
    _key("id", UUID(as_uuid=True)),
    _column("width", sa.Integer),
    _column("height", sa.Integer),
    _column("moderation", sa.Text, default="'held'::text"),
    *(_column(name, BYTEA) for name in ("body_hash", "large_sha256", "small_sha256")),
    *_texts("public_name", null=True),
    _now("created_at"),
)

released_photos = _table(
    "public_release",
    "photos",
    sa.Column("community_id", sa.Integer, primary_key=True, autoincrement=False),
    _key("report_id", UUID(as_uuid=True)),
    _key("name", sa.Text),
    _column("width", sa.Integer),
    _column("height", sa.Integer),
    *(_column(name, BYTEA) for name in ("large_sha256", "small_sha256")),
    sa.ForeignKeyConstraint(
        ["community_id", "report_id"],
        ["public_release.reports.community_id", "public_release.reports.id"],
        ondelete="CASCADE",
    ),
    sa.Index("photos_name", "name"),
)

confirmations = _of_report(
    "confirmations",
    _key("id", UUID(as_uuid=True)),
    *_texts("kind"),
    _column("reporter_key", BYTEA, null=True),
    _now("created_at"),
    sa.UniqueConstraint("community_id", "report_id", "reporter_key", "kind"),
)

erasures = _table("mapping", "erasures", _community(), _key("report_id", UUID(as_uuid=True)), _now("erased_at"))

allowances = _table(
    "mapping",
    "allowances",
    _community(),
    _key("sender", BYTEA),
    _column("room", sa.Integer),
    _column("ends", TIMESTAMP(timezone=True)),
    sa.Index("allowances_ends", "ends"),
    prefixes=["UNLOGGED"],
)

spent_proofs = _table(
    "mapping",
    "spent_proofs",
    _community(),
    _key("nonce", BYTEA),
    _column("expires_at", TIMESTAMP(timezone=True)),
    sa.Index("spent_proofs_expires_at", "expires_at"),
)

analysis_runs = _table(
    "mapping",
    "analysis_runs",
    _community(),
    _key("id", UUID(as_uuid=True)),
    *_texts("kind", "state"),
    _column("parameters", JSONB),
    _column("seed", sa.BigInteger),
    _column("as_of", TIMESTAMP(timezone=True)),
    _column("input_hash", BYTEA, null=True),
    *_texts("code_version", null=True),
    _column("summary", JSONB, null=True),
    _column("result_hash", BYTEA, null=True),
    _now("created_at"),
    _column("finished_at", TIMESTAMP(timezone=True), null=True),
)

hotspots = _table(
    "mapping",
    "hotspots",
    sa.Column("community_id", sa.Integer, primary_key=True, autoincrement=False),
    _key("run_id", UUID(as_uuid=True)),
    _key("id", UUID(as_uuid=True)),
    _column("rank", sa.Integer),
    _column("reporters", sa.Integer),
    _column("properties", JSONB),
    _geometry("MULTIPOLYGON"),
    sa.ForeignKeyConstraint(
        ["community_id", "run_id"],
        ["mapping.analysis_runs.community_id", "mapping.analysis_runs.id"],
        ondelete="CASCADE",
    ),
)

analysis_layers = _table(
    "mapping",
    "analysis_layers",
    sa.Column("community_id", sa.Integer, primary_key=True, autoincrement=False),
    _key("run_id", UUID(as_uuid=True)),
    _key("kind", sa.Text),
    _column("features", JSONB),
    sa.ForeignKeyConstraint(
        ["community_id", "run_id"],
        ["mapping.analysis_runs.community_id", "mapping.analysis_runs.id"],
        ondelete="CASCADE",
    ),
)

populations = _table(
    "mapping",
    "populations",
    _community(),
    _column("geotiff", BYTEA),
    *_texts("source"),
    _now("imported_at"),
)

released_layers = _table(
    "public_release", "analysis_layers", _community(), _key("kind", sa.Text), _column("features", JSONB)
)

progress_counts = _table(
    "public_release",
    "progress_counts",
    _community(),
    _key("tier", sa.SmallInteger),
    _key("stage", sa.Text),
    _key("reason", sa.Text),
    _column("reports", sa.Integer),
)

progress_received = _table(
    "public_release",
    "progress_received",
    _community(),
    _key("tier", sa.SmallInteger),
    _column("reports", sa.Integer),
    _column("month", sa.Date),
)

progress_days = _table(
    "public_release",
    "progress_days",
    _community(),
    _key("step", sa.Text),
    _column("reports", sa.Integer),
    _column("median_days", sa.Integer),
)

report_grid = _table(
    "public_release",
    "report_grid",
    _community(),
    _key("z", sa.SmallInteger),
    _key("gx", sa.Integer),
    _key("gy", sa.Integer),
    _key("layer", sa.Text),
    _column("reports", sa.Integer),
    sa.Index("report_grid_cells", "z", "gx", "gy"),
)

release_versions = _table(
    "public_release", "release_versions", _community(), _key("tile_set", sa.Text), _column("version", sa.BigInteger)
)

release_changes = _table("public_release", "release_changes", _community(), _counted(), *_texts("tile_set"))

dirty_cells = _table(
    "mapping", "dirty_cells", _community(), _counted(), _column("gx", sa.Integer), _column("gy", sa.Integer)
)
