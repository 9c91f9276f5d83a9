"""Hotspots of made-up towns: planted ones come out, chance raises none, one person's repeats move nothing."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping.analysis.disclosure import TOLD_GRID
from mapping.analysis.hotspots import HotspotResult, find_hotspots
from mapping.analysis.identities import keep_identities
from mapping.analysis.parameters import HotspotParameters
from mapping.errors import AnalysisError, GeodesyError

AREA = shapely.box(0, 0, 2000, 2000)
NOW = pd.Timestamp("2026-11-01", tz="UTC")


def streets(crs: int = 32635) -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(0, y), (2000, y)]) for y in range(50, 2000, 100)]
    lines += [shapely.LineString([(x, 0), (x, 2000)]) for x in range(50, 2000, 100)]
    return gpd.GeoDataFrame({"name": [f"Street {n}" for n in range(len(lines))]}, geometry=lines, crs=crs)


def reports(points: np.ndarray, reporters: list[str] | None = None, **columns: object) -> gpd.GeoDataFrame:
    count = len(points)
    frame = {
        "reporter": reporters or [f"p{n}" for n in range(count)],
        "layer": "dangerous_places",
        "category": "harassment",
        "severity": 3,
        "when": "night",
        "affected": [("women",)] * count,
        "observed_at": pd.Timestamp("2026-10-01", tz="UTC"),
        **columns,
    }
    return gpd.GeoDataFrame(
        frame, index=[f"r{n:05d}" for n in range(count)], geometry=shapely.points(points), crs=32635
    )


def find(
    frame: gpd.GeoDataFrame, seed: int = 1, town: gpd.GeoDataFrame | None = None, **parameters: Any
) -> HotspotResult:
    return find_hotspots(
        frame,
        streets() if town is None else town,
        AREA,
        parameters=HotspotParameters(**parameters),
        now=NOW,
        rng=np.random.default_rng(seed),
    )


def town(seed: int, planted: dict[tuple[float, float], int]) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    background = rng.uniform(0, 2000, (120, 2))
    clusters = [np.asarray(centre) + rng.normal(0, 15, (people, 2)) for centre, people in planted.items()]
    return reports(np.vstack([background, *clusters]))


def test_planted_places_come_out_on_top() -> None:
    planted = {(550.0, 550.0): 25, (1450.0, 1250.0): 15}
    result = find(town(3, planted))
    assert result.enough_data
    found = result.hotspots
    for rank, centre in enumerate(planted, start=1):
        assert found.geometry.iloc[rank - 1].distance(shapely.Point(centre)) < 30
    assert list(found["rank"]) == list(range(1, len(found) + 1))
    assert (found["rank_low"] <= found["rank"]).all()
    assert (found["rank"] <= found["rank_high"]).all()
    assert found["badge"].iloc[0] == "sure"
    points = found[[name for name in found if name.endswith("_points")]].sum(axis=1)
    np.testing.assert_allclose(points, found["score"])
    assert found["street_names"].iloc[0]


def test_chance_alone_raises_none() -> None:
    raised = [len(find(town(seed, {})).hotspots) > 0 for seed in range(40)]
    assert sum(raised) <= 6


def test_dangers_everywhere_are_no_hotspots() -> None:
    """So many dangers that five lie together everywhere by chance: what is told is tested against all of them."""
    raised = 0
    for seed in range(20):
        points = np.random.default_rng(seed).uniform(0, 2000, (2500, 2))
        raised += len(find(reports(points), bootstrap_draws=1).hotspots) > 0
    assert raised <= 4


def test_the_same_seed_gives_the_same_numbers() -> None:
    frame = town(3, {(550.0, 550.0): 20})
    pd.testing.assert_frame_equal(find(frame).hotspots, find(frame.sample(frac=1, random_state=1)).hotspots)


def test_one_persons_repeats_move_no_rank() -> None:
    frame = town(3, {(550.0, 550.0): 25, (1450.0, 1250.0): 15})
    repeats = reports(np.tile([[1450.0, 1250.0]], (50, 1)), ["p150"] * 50)
    repeats.index = [f"x{n}" for n in range(50)]
    with_repeats = find(pd.concat([frame, repeats]), cell_size_m=20.0).hotspots
    before = find(frame, cell_size_m=20.0).hotspots
    assert list(with_repeats["reporters"]) == list(before["reporters"])
    assert list(with_repeats["rank"]) == list(before["rank"])
    np.testing.assert_allclose(with_repeats["score"], before["score"])


def test_few_reports_are_listed_without_a_verdict() -> None:
    points = np.array([[500.0, 500.0]] * 4 + [[1500.0, 300.0]] * 2)
    result = find(reports(points, layer="unlit_streets", category="no_lamps"))
    assert not result.enough_data
    assert list(result.hotspots["badge"]) == ["few", "few"]
    assert result.hotspots["q_value"].isna().all()


CELL_CENTRE = TOLD_GRID.centres(TOLD_GRID.cells_of(np.array([[1000.0, 1000.0]])))[0]


def around(people: int, *, apart_m: float = 4.0) -> np.ndarray:
    """So many points about the middle of one cell that is told of."""
    return np.asarray(CELL_CENTRE + apart_m * np.column_stack([np.arange(people) % 5 - 2, np.arange(people) // 5]))


def lamps(people: int, points: np.ndarray | None = None) -> gpd.GeoDataFrame:
    frame = reports(around(people) if points is None else points, [f"l{n}" for n in range(people)])
    frame = frame.assign(layer="unlit_streets", category="no_lamps", severity=1, affected=[("children",)] * people)
    return frame.rename(index=lambda name: f"l{name}")


def test_nothing_is_told_of_a_danger_that_fewer_than_five_people_named() -> None:
    """Four at one place: no hotspot. Four among six lamps: a hotspot that speaks of lamps alone."""
    four = reports(around(4), when="day", severity=4)
    assert len(find(four).hotspots) == 0
    mixed = find(pd.concat([lamps(6), four])).hotspots
    pd.testing.assert_frame_equal(mixed, find(lamps(6)).hotspots)
    (hotspot,) = mixed.to_dict("records")
    assert list(hotspot["layer_shares"]) == ["unlit_streets"]
    assert hotspot["when"] == {"day": 0, "night": 6, "always": 0}
    five = reports(around(5), when=["day"] + ["night"] * 4, affected=[("women",)] * 4 + [()])
    (told,) = find(pd.concat([lamps(6), five])).hotspots.to_dict("records")
    assert set(told["layer_shares"]) == {"dangerous_places", "unlit_streets"}
    assert told["affected"] == ["children"], "of the five, four named women: too few to say so"
    assert told["when"] == {"day": 0, "night": 6, "always": 0}
    assert told["reporters"] == 6, "the five may be five of the six"


def test_lone_dangers_change_nothing_wherever_they_are() -> None:
    """Whatever fewer than five say of a cell, and the sixth to ninth voice of one: every number stays the same."""
    base = pd.concat([town(3, {(550.0, 550.0): 20}).assign(layer="unlit_streets", category="no_lamps"), lamps(8)])
    five = reports(around(5), [f"d{n}" for n in range(5)]).rename(index=lambda name: f"d{name}")
    rng = np.random.default_rng(4)
    found = []
    for places in (
        rng.uniform(0, 400, (3, 2)),
        around(3) + 300.0,
        np.vstack([rng.uniform(1500, 1900, (2, 2)), around(1)]),
    ):
        lone = reports(places, ["x", "y", "z"], severity=[1, 4, 2], when=["day", "night", "always"])
        found.append(find(pd.concat([base, five, lone.rename(index=lambda name: f"x{name}")])))
    assert len(found[0].hotspots) > 1
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0].hotspots, other.hotspots)
        assert (other.reports, other.reporters, other.since, other.until) == (
            found[0].reports, found[0].reporters, found[0].since, found[0].until)  # fmt: skip


def test_public_hotspots_are_those_of_public_marks() -> None:
    """A danger of one who marked lamps too, or of anybody else, moves none of them."""
    rng = np.random.default_rng(6)
    public = town(6, {(550.0, 550.0): 20, (1450.0, 1250.0): 9}).assign(layer="unlit_streets", category="no_lamps")
    alone = find(public).hotspots
    assert len(alone) > 1
    for _ in range(5):
        points = np.vstack([rng.uniform(0, 2000, (20, 2)), np.array([[552.0, 551.0]] * 4)])
        dangers = reports(points, [f"p{n}" for n in range(120, 144)], severity=4)
        with_dangers = find(pd.concat([public, dangers.rename(index=lambda name: f"x{name}")])).hotspots
        pd.testing.assert_frame_equal(alone, with_dangers)


def test_dangers_of_many_make_a_hotspot_of_whole_cells() -> None:
    spread = reports(np.random.default_rng(1).uniform(0, 2000, (60, 2)))
    many = reports(around(12), [f"d{n}" for n in range(12)]).rename(index=lambda name: f"d{name}")
    (hotspot,) = find(pd.concat([spread, many])).hotspots.to_dict("records")
    assert (hotspot["reporters"], hotspot["is_private"], hotspot["cells"]) == (10, True, [])
    cell = TOLD_GRID.polygons(TOLD_GRID.cells_of(CELL_CENTRE[None]))[0]
    assert cell.buffer(20).contains(hotspot["geometry"])
    assert hotspot["badge"] == "sure"


@pytest.mark.parametrize("people", [100, 400, 1200])
def test_dangers_at_junctions_are_no_hotspots_by_chance(people: int) -> None:
    """Seven in ten marks lie at junctions, by chance: at most a few of twenty towns raise anything."""
    raised = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        junctions = 50 + 100 * rng.integers(0, 20, (people, 2)) + rng.normal(0, 6, (people, 2))
        points = np.where(rng.random((people, 1)) < 0.7, junctions, rng.uniform(0, 2000, (people, 2)))
        raised += len(find(reports(points), bootstrap_draws=1).hotspots) > 0
    assert raised <= 4


@pytest.mark.parametrize("people", [100, 300, 1000, 3000])
def test_a_dense_centre_is_not_dangerous_by_its_streets_alone(people: int) -> None:
    """Dangers that fall along streets alike, in a town whose centre has six times as many of them."""
    near, far = np.arange(715, 1300, 30), np.concatenate([np.arange(100, 700, 200), np.arange(1400, 2000, 200)])
    lines = [((at, 700), (at, 1300)) for at in near] + [((700, at), (1300, at)) for at in near]
    lines += [((at, 0), (at, 2000)) for at in far] + [((0, at), (2000, at)) for at in far]
    dense = gpd.GeoDataFrame(
        {"name": [f"Street {n}" for n in range(len(lines))]},
        geometry=[shapely.LineString(line) for line in lines],
        crs=32635,
    )
    length = dense.length.to_numpy()
    raised = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        held = np.asarray(dense.geometry.array, dtype=object)[rng.choice(len(lines), people, p=length / length.sum())]
        points = shapely.get_coordinates(shapely.line_interpolate_point(held, rng.random(people), normalized=True))
        raised += (
            len(find(reports(points + rng.normal(0, 4, points.shape)), town=dense, bootstrap_draws=1).hotspots) > 0
        )
    assert raised <= 3


def test_streets_that_cut_a_gathering_up_do_not_cut_the_hotspot_up() -> None:
    rng = np.random.default_rng(5)
    points = np.vstack([rng.uniform(0, 2000, (100, 2)), rng.normal(1000, 45, (80, 2))])
    found = find(reports(points, layer="unlit_streets", category="no_lamps")).hotspots
    assert len(found) <= 2
    assert found["reporters"].iloc[0] >= 60
    assert (found["reporters"] >= 2).all()


def test_a_place_without_streets_has_a_shape_however_fine_the_cells() -> None:
    points = reports(np.full((6, 2), 500.0), layer="unlit_streets", category="no_lamps")
    for size in (15.0, 20.0, 60.0):
        result = find_hotspots(
            points,
            streets().iloc[:0],
            AREA,
            parameters=HotspotParameters(cell_size_m=size),
            now=NOW,
            rng=np.random.default_rng(1),
        )
        assert result.hotspots.geometry.iloc[0].contains(shapely.Point(500, 500))


def test_every_report_is_counted_and_every_person_once() -> None:
    frame = reports(np.full((9, 2), 500.0), ["a", "a", "a", *"bcdefg"], layer="unlit_streets", category="no_lamps")
    (hotspot,) = find(frame).hotspots.to_dict("records")
    assert (hotspot["reports"], hotspot["reporters"]) == (9, 7)


def test_a_line_counts_at_its_middle() -> None:
    frame = reports(np.array([[0.0, 0.0]] * 3))
    frame = frame.set_geometry([shapely.LineString([(300, 550), (700, 550)])] * 3, crs=32635)
    result = find(frame.assign(layer="unlit_streets", category="no_lamps"))
    assert len(result.hotspots) == 1
    assert result.hotspots.geometry.iloc[0].distance(shapely.Point(500, 550)) == 0


def test_nothing_in_nothing_out() -> None:
    result = find(reports(np.zeros((0, 2))))
    assert len(result.hotspots) == 0
    assert not result.enough_data


def test_places_that_help_are_no_evidence() -> None:
    places = np.array([[500.0, 500.0]] * 9)
    found = [find(reports(places, layer=layer)).reports for layer in ("resources", "unlit_streets")]
    assert found == [0, 9]


@pytest.mark.parametrize("column", ["reporter", "layer", "category", "severity", "when", "affected", "observed_at"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(AnalysisError, match=f"lack {column}"):
        find(reports(np.array([[500.0, 500.0]] * 9)).drop(columns=column))


def test_degrees_are_refused() -> None:
    with pytest.raises(GeodesyError):
        find(reports(np.array([[24.9, 60.1]])).set_crs(4326, allow_override=True))
    with pytest.raises(GeodesyError):
        find(reports(np.array([[24.9, 60.1]])).set_crs(None, allow_override=True))


@pytest.mark.parametrize("parameters", [{"cell_size_m": -1.0}, {"max_q": 2.0}, {"half_life_days": float("nan")}])
def test_senseless_parameters_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(AnalysisError):
        HotspotParameters(**parameters)


def test_weights_must_sum_to_one() -> None:
    with pytest.raises(AnalysisError, match="sum to 1"):
        find(town(3, {(550.0, 550.0): 20}), weights=(1.0, 1.0, 0.0, 0.0, 0.0))


def test_identity_lasts_by_overlap() -> None:
    squares = [shapely.box(0, 0, 10, 10), shapely.box(100, 0, 110, 10)]
    previous = gpd.GeoDataFrame(index=["a", "b"], geometry=squares, crs=32635)
    current = gpd.GeoDataFrame(
        geometry=[shapely.box(104, 0, 114, 10), shapely.box(50, 50, 60, 60), shapely.box(1, 0, 11, 10)], crs=32635
    )
    assert list(keep_identities(previous, current)) == ["b", None, "a"]
