"""Importing reports: the phone's rules, masks and history; all or nothing; the same file twice changes nothing."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import sqlalchemy as sa

from mapping.errors import InvalidInput, NotFound, UnreadableFile
from mapping.services.report_columns import Columns
from mapping.services.report_imports import ReportImport, import_reports
from mapping.services.reports import submit_report
from mapping.store import reports
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report
from tests.towns import SOUTH, WEST, small_town

HEADER = ["id", "lon", "lat", "category", "observed_at", "severity", "when", "affected", "description", "address"]
LAMP = ["a1", "24.9443", "60.1715", "broken_lamps", "2026-03-01", "3", "night", "children", "Темно", "Головна, 1"]


def table(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def lamp(**changes: str) -> list[str]:
    return [changes.get(name, value) for name, value in zip(HEADER, LAMP, strict=True)]


async def rows_of(database: Database, community_id: int, query: str) -> list[Any]:
    async with database.app.connect() as connection:
        return list((await connection.execute(sa.text(query), {"id": community_id})).all())


async def count(database: Database, community_id: int, name: str) -> int:
    return int((await rows_of(database, community_id, f"SELECT count(*) FROM {name} WHERE community_id = :id"))[0][0])


COUNTED = ("mapping.reports", "mapping.report_revisions", "public_release.reports")


async def counts(database: Database, community_id: int) -> list[int]:
    return [await count(database, community_id, name) for name in COUNTED]


async def test_a_row_becomes_the_report_a_phone_would_have_sent(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    near_street = [WEST + 0.0005, SOUTH + 0.0001]
    places = {"broken_lamps": near_street, "harassment": [24.9388, 60.1702], "gender_based_violence": near_street}
    rows = [
        lamp(id=code, category=code, lon=str(place[0]), lat=str(place[1]), observed_at="2026-03-01T20:00:00+02:00")
        for code, place in places.items()
    ]
    found = await import_reports(database, town, table(tmp_path / "a.csv", rows), ReportImport(publish=True))
    assert found.written is not None
    assert (found.written.added, found.written.published) == (3, 2)
    for code, place in places.items():
        sent = report_payload(
            category=code,
            geometry={"type": "Point", "coordinates": place},
            place="Головна, 1",
            description="Темно",
            observed_at="2026-03-01T20:00:00+02:00",
        )
        report_id = new_id()
        await submit_report(database, town, report_id, sent)
        await moderate_report(database, town, report_id, "publish", actor="import", reason="from a")
    for name, left_out in (
        ("mapping.reports", "id, public_id, body_hash, edit_token_hash, channel, created_at"),
        ("public_release.reports", "id"),
    ):
        twin = (
            f"SELECT to_jsonb(t) - string_to_array('{left_out}', ', ') AS said FROM {name} t WHERE community_id = :id"
        )
        kept = [json.dumps(row.said, sort_keys=True) for row in await rows_of(database, community_id, twin)]
        assert len(kept) == 2 * len(set(kept)), "each as from a phone"
    snapped = await rows_of(
        database,
        community_id,
        "SELECT ST_Y(public_geometry) y FROM mapping.reports WHERE community_id = :id AND category = 'broken_lamps'",
    )
    assert {round(row.y, 6) for row in snapped} == {SOUTH}
    history = await rows_of(
        database,
        community_id,
        "SELECT revision, action, moderation, count(*) FROM mapping.report_revisions WHERE community_id = :id"
        " GROUP BY 1, 2, 3 ORDER BY 1",
    )
    assert [tuple(row) for row in history] == [(1, "submit", "submitted", 6), (2, "publish", "published", 6)]


async def test_the_same_file_again_changes_nothing(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    rows = [lamp(), lamp(), lamp(id=""), lamp(id="", severity="4")]
    path, how = table(tmp_path / "calls.csv", rows), ReportImport(publish=True)
    first = await import_reports(database, town, path, how)
    assert first.written is not None
    assert (first.written.added, first.written.repeated) == (3, 1)
    before = await counts(database, community_id)
    assert before == [3, 6, 3]
    again = await import_reports(database, town, path, how)
    assert again.written is not None
    assert (again.written.added, again.written.unchanged) == (0, 4)
    assert await counts(database, community_id) == before
    other = await import_reports(database, town, path, ReportImport(source="another"))
    assert other.written is not None
    assert other.written.added == 3


async def test_what_a_row_said_before_stays(database: Database, town: str, community_id: int, tmp_path: Path) -> None:
    path = table(tmp_path / "calls.csv", [lamp()])
    await import_reports(database, town, path, ReportImport())
    table(path, [lamp(severity="1"), lamp(id="b"), lamp(id="b", severity="4")])
    refused = await import_reports(database, town, path, ReportImport())
    assert refused.written is None
    assert [(fault.row, fault.column) for fault in refused.first_faults] == [(1, "id"), (3, "id")]
    kept = await import_reports(database, town, path, ReportImport(skip_bad=True))
    assert kept.written is not None
    assert (kept.written.added, kept.refused) == (1, 2)
    severities = await rows_of(database, community_id, "SELECT severity FROM mapping.reports WHERE community_id = :id")
    assert [row.severity for row in severities] == [3, 3]


async def test_what_was_withdrawn_does_not_come_back(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    path = table(tmp_path / "calls.csv", [lamp()])
    await import_reports(database, town, path, ReportImport())
    (kept,) = await rows_of(database, community_id, "SELECT id FROM mapping.reports WHERE community_id = :id")
    async with database.app.begin() as connection:
        await reports.erase(connection, community_id, kept.id)
    again = await import_reports(database, town, path, ReportImport())
    assert again.written is not None
    assert (again.written.added, again.written.withdrawn) == (0, 1)


BAD = {
    "category": lamp(category="no such thing"),
    "geometry": lamp(lon="", lat="", address=""),
    "geometry.coordinates": lamp(lon="NaN"),
    "geometry.coordinates#text": lamp(lon="far"),
    "geometry.coordinates#half": lamp(lat=""),
    "geometry.coordinates#range": lamp(lat="91"),
    "geometry.coordinates#1e400": lamp(lat="1e400"),
    "geometry.coordinates#outside": lamp(lon="24.99"),
    "observed_at": lamp(observed_at="yesterday"),
    "observed_at#old": lamp(observed_at="01.01.1901"),
    "observed_at#wrong": lamp(observed_at="31.02.2026"),
    "severity": lamp(severity="2.5"),
    "severity#nan": lamp(severity="nan"),
    "when": lamp(when="sometimes"),
    "affected": lamp(affected="cats"),
    "description": lamp(description="x" * 2001),
    "description#nul": lamp(description="a\x00b"),
    "id": lamp(id="a\x00b"),
    "id#long": lamp(id="x" * 201),
    "row": [*lamp(), "one cell more"],
    "row#huge": lamp(description="x" * 100_001),
}


@pytest.mark.parametrize("name", list(BAD))
async def test_a_bad_row_is_named_and_the_good_ones_wait_for_it(
    database: Database, town: str, community_id: int, tmp_path: Path, name: str
) -> None:
    column = {"geometry": "lon, lat"}.get(name.partition("#")[0].partition(".")[0], name.partition("#")[0])
    path = table(tmp_path / "bad.csv", [lamp(id="first"), BAD[name]])
    errors = tmp_path / "errors.csv"
    found = await import_reports(database, town, path, ReportImport(errors=errors, publish=True))
    assert (found.written, found.refused) == (None, 1)
    assert (found.first_faults[0].row, found.first_faults[0].column) == (2, column)
    assert await counts(database, community_id) == [0, 0, 0]
    with errors.open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(row["row"], row["column"]) for row in told] == [("2", column)]
    kept = await import_reports(database, town, path, ReportImport(skip_bad=True))
    assert kept.written is not None
    assert (kept.written.added, kept.refused) == (1, 1)


async def test_columns_are_named_and_categories_renamed(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    header = ["what", "day", "who", "breite", "laenge", "agreed"]
    rows = [
        ["Street Light Out", "01.03.2026", "ann", "60,1715", "24,9443", "так"],
        ["", "01.03.2026 21:30", "ann", "60,1715", "24,9444", "no"],
    ]
    path = tmp_path / "own.csv"
    path.write_bytes("\r\n".join(";".join(row) for row in [header, *rows]).encode("cp1251"))
    named = {
        "category": "what",
        "time": "day",
        "reporter": "who",
        "lat": "breite",
        "lon": "laenge",
        "consent": "agreed",
    }
    columns = Columns(named, category_is="no_lamps", severity_is=4, renamed={"street light out ": "broken_lamps"})
    found = await import_reports(database, town, path, ReportImport(columns, publish=True))
    assert found.written is not None
    assert (found.written.added, found.written.published) == (2, 1)
    kept = await rows_of(
        database,
        community_id,
        "SELECT category, severity, moderation, reporter_key, observed_at FROM mapping.reports"
        " WHERE community_id = :id ORDER BY observed_at",
    )
    assert [tuple(row)[:3] for row in kept] == [("broken_lamps", 4, "published"), ("no_lamps", 4, "submitted")]
    assert kept[0].reporter_key == kept[1].reporter_key is not None
    assert kept[0].observed_at.isoformat() == "2026-02-28T22:00:00+00:00", "midnight in Kyiv"


async def test_what_is_refused_is_told_by_the_columns_of_the_file(
    database: Database, town: str, tmp_path: Path
) -> None:
    header = ["what", "day", "how_bad", "breite", "laenge", "agreed"]
    rows = [["broken_lamps", "yesterday", "high", "91", "24.9443", "perhaps"]]
    named = {"category": "what", "time": "day", "severity": "how_bad", "lat": "breite", "lon": "laenge"}
    columns = Columns({**named, "consent": "agreed"})
    found = await import_reports(database, town, table(tmp_path / "own.csv", rows, header), ReportImport(columns))
    assert {fault.column for fault in found.first_faults} == {"laenge, breite", "day", "how_bad", "agreed"}


async def test_a_question_that_cannot_be_answered_is_refused(database: Database, town: str, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [["1", "24.9443", "60.1715"]], ["n", "lon", "lat"])
    with pytest.raises(InvalidInput, match="--category"):
        await import_reports(database, town, path, ReportImport())
    with pytest.raises(InvalidInput, match="no column 'kind'"):
        await import_reports(database, town, path, ReportImport(Columns({"category": "kind"})))
    with pytest.raises(InvalidInput, match="written over"):
        await import_reports(database, town, path, ReportImport(errors=path))
    with pytest.raises(InvalidInput, match="no such category"):
        Columns(renamed={"a": "b"})
    with pytest.raises(NotFound):
        await import_reports(database, "no-such-town", path, ReportImport())
    with pytest.raises(UnreadableFile, match="must end in"):
        await import_reports(database, town, tmp_path / "a.vrt", ReportImport())


async def test_vulnerable_households_are_never_imported(database: Database, town: str, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [lamp(category="vulnerable_household")])
    found = await import_reports(database, town, path, ReportImport(skip_bad=True))
    assert found.refused == 1
    assert found.first_faults[0].column == "category"


async def test_geojson_geopackage_and_open311_hold_the_same(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    line = shapely.LineString([(24.9443, 60.1715), (24.9453, 60.1715)])
    frame = gpd.GeoDataFrame(
        {"id": ["1", "2"], "category": "no_lamps", "observed_at": "2026-03-01"},
        geometry=[shapely.Point(24.9443, 60.1715), line],
        crs=4326,
    )
    frame.to_file(tmp_path / "same.geojson")
    frame.to_crs(32635).to_file(tmp_path / "metric.gpkg")
    request = {"service_request_id": 638344, "service_code": "006", "status": "closed", "lat": 60.1715,
               "long": 24.9443, "requested_datetime": "2026-03-01T06:37:38-08:00", "description": None}  # fmt: skip
    (tmp_path / "dump.json").write_text(json.dumps({"service_requests": [request]}))
    parts = "".join(f"<{name}>{value or ''}</{name}>" for name, value in request.items())
    (tmp_path / "dump.xml").write_text(f"<service_requests><request>{parts}</request></service_requests>")
    how = ReportImport(Columns(renamed={"006": "broken_pavement"}), source="same")
    for name, added, unchanged in (
        ("same.geojson", 2, 0),
        ("metric.gpkg", 0, 1),  # the line is a nanometre off after the way through metres, and is refused
        ("dump.json", 1, 0),
        ("dump.xml", 0, 1),
    ):
        found = await import_reports(database, town, tmp_path / name, ReportImport(how.columns, "same", skip_bad=True))
        assert found.written is not None, name
        assert (found.written.added, found.written.unchanged + found.refused) in ((added, unchanged), (added, 2)), name
    kept = await rows_of(
        database,
        community_id,
        "SELECT channel, status, GeometryType(geometry) FROM mapping.reports WHERE community_id = :id ORDER BY 1, 3",
    )
    assert [tuple(row) for row in kept] == [
        ("import", "open", "LINESTRING"),
        ("import", "open", "POINT"),
        ("open311", "resolved", "POINT"),
    ]


async def test_one_analysis_is_asked_for_when_something_is_released(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    runs = "mapping.analysis_runs"
    await import_reports(database, town, table(tmp_path / "a.csv", [lamp()]), ReportImport())
    assert await count(database, community_id, runs) == 0
    path = table(tmp_path / "b.csv", [lamp(id=str(number)) for number in range(20)])
    await import_reports(database, town, path, ReportImport(publish=True))
    assert await count(database, community_id, runs) == 1


async def test_ids_cannot_be_guessed_from_a_row(
    database: Database, town: str, other_town: str, community_id: int, tmp_path: Path
) -> None:
    path = table(tmp_path / "a.csv", [lamp()])
    for slug in (town, other_town):
        await import_reports(database, slug, path, ReportImport())
    async with database.app.connect() as connection:
        found = await connection.execute(
            sa.text(
                "SELECT reports.id FROM mapping.reports JOIN public_release.communities c ON c.id = community_id"
                " WHERE slug IN (:a, :b)"
            ),
            {"a": town, "b": other_town},
        )
        ids = list(found.scalars())
    assert len(set(ids)) == 2
    assert all(report_id.version == 5 for report_id in ids)
