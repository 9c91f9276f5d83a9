"""What may be told of people: the table of cells against a plain count, and what stays out of it."""

from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping.analysis.disclosure import TOLD_GRID, ToldVoices, rounded_down, told_voices

NOW = pd.Timestamp("2026-11-15", tz="UTC")
CENTRE = TOLD_GRID.centres(TOLD_GRID.cells_of(np.array([[5000.0, 5000.0]])))[0]


def dangers(points: np.ndarray, reporters: list[str], **columns: object) -> gpd.GeoDataFrame:
    count = len(points)
    frame = {
        "reporter": reporters,
        "layer": "dangerous_places",
        "category": "harassment",
        "severity": 2,
        "when": "night",
        "affected": [()] * count,
        "observed_at": pd.Timestamp("2026-10-09T18:30", tz="UTC"),
        **columns,
    }
    index = [f"r{n:05d}" for n in range(count)]
    return gpd.GeoDataFrame(frame, index=index, geometry=shapely.points(points), crs=32635)


def told(frame: gpd.GeoDataFrame) -> ToldVoices:
    return told_voices(frame, min_people=5, half_life_days=365.0, now=NOW)


def here(people: int, **columns: object) -> gpd.GeoDataFrame:
    return dangers(np.repeat(CENTRE[None], people, axis=0), [f"p{n}" for n in range(people)], **columns)


@pytest.mark.parametrize("seed", range(3))
def test_people_of_cells_are_those_of_a_plain_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(5000, 120, (300, 2))
    found = told(dangers(points, [f"p{n}" for n in range(300)]))
    plainly = Counter(map(tuple, TOLD_GRID.cells_of(points).tolist()))
    cells, people = found.cells()
    expected = {cell: count // 5 * 5 for cell, count in plainly.items() if count >= 5}
    assert dict(zip(map(tuple, cells.tolist()), people.tolist(), strict=True)) == expected
    assert found.marks == 300


def test_four_are_told_of_by_nothing() -> None:
    found = told(here(4))
    assert (len(found.voices), found.marks) == (0, 5)
    assert found.cells()[0].shape == (0, 2)
    nobody = told(here(4).iloc[:0])
    assert (len(nobody.voices), nobody.marks) == (0, 0)


def test_only_what_five_share_is_told() -> None:
    found = told(
        here(
            12,
            category=["harassment"] * 6 + ["vandalism"] * 4 + ["stray_dogs"] * 2,
            when=["night"] * 7 + ["day"] * 5,
            affected=[("women", "children")] * 5 + [("women",)] * 4 + [()] * 3,
            severity=[4] * 5 + [2] * 7,
        )
    ).voices
    assert found["reporter"].nunique() == 10
    assert found["category"].value_counts(dropna=False).to_dict() == {"harassment": 5, None: 5}
    assert found["when"].value_counts(dropna=False).to_dict() == {"night": 5, "day": 5}
    assert Counter(code for codes in found["affected"] for code in codes) == {"women": 5, "children": 5}
    assert set(found["severity"]) == {2}
    assert set(found["observed_at"]) == {pd.Timestamp("2026-10-01", tz="UTC")}
    assert found["is_vulnerable"].sum() == 5
    assert not found["reporter"].isin([f"p{n}" for n in range(12)]).any()


def test_one_person_is_one_voice_however_often_they_mark() -> None:
    five = [f"p{n}" for n in range(5)]
    points = np.repeat(CENTRE[None], 5, axis=0)
    again = dangers(np.vstack([points, points + 3, points - 2]), five * 3)
    pd.testing.assert_frame_equal(told(again).voices, told(dangers(points, five)).voices)
    many_of_one = dangers(np.repeat(CENTRE[None], 40, axis=0), ["p"] * 40)
    assert len(told(many_of_one).voices) == 0


@pytest.mark.parametrize("day", ["2026-10-01", "2026-11-01"])
def test_what_a_person_marks_elsewhere_moves_nothing(day: str) -> None:
    """One of five marks a worse thing in the next cell, or many more elsewhere, before or after."""
    five = here(5)
    before = told(five).voices
    for points in (CENTRE[None] + 80.0, CENTRE + np.arange(1, 30)[:, None] * [[500.0, 0.0]]):
        others = dangers(points, ["p0"] * len(points), severity=4, observed_at=pd.Timestamp(day, tz="UTC"))
        others.index = [f"x{n:03d}" for n in range(len(points))]
        pd.testing.assert_frame_equal(told(gpd.GeoDataFrame(pd.concat([five, others]))).voices, before)


def test_who_made_lone_marks_is_not_in_the_total() -> None:
    points = CENTRE + np.arange(8)[:, None] * [[500.0, 0.0]]
    assert told(dangers(points, [f"p{n}" for n in range(8)])).marks == told(dangers(points, ["p"] * 8)).marks == 10


def test_people_of_two_cells_may_be_the_same() -> None:
    apart = CENTRE + np.array([[0.0, 0.0]] * 5 + [[100.0, 0.0]] * 5)
    found = told(dangers(apart, [f"p{n}" for n in range(5)] * 2)).voices
    assert (len(found), found["reporter"].nunique()) == (10, 5)


def test_people_are_told_in_multiples() -> None:
    assert [rounded_down(people, 5) for people in (4, 5, 9, 10)] == [0, 5, 5, 10]
