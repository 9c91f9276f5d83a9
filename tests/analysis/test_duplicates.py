"""What is taken for the same mark sent twice."""

import random

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.analysis.duplicates import without_doubles


def sent(*rows: tuple[float, float, str, bool]) -> gpd.GeoDataFrame:
    """Reports by metres east, minutes, category, and whether nobody knows who sent them."""
    begin = pd.Timestamp("2026-10-01 12:00", tz="UTC")
    return gpd.GeoDataFrame(
        {
            "reporter": [f"r{number}" for number in range(len(rows))],
            "category": [row[2] for row in rows],
            "sent_at": pd.DatetimeIndex([begin + pd.Timedelta(minutes=row[1]) for row in rows]),
            "published_at": pd.DatetimeIndex([begin + pd.Timedelta(days=1 + place) for place in range(len(rows))]),
            "may_repeat": [row[3] for row in rows],
        },
        geometry=[shapely.Point(400_000 + row[0], 5_400_000) for row in rows],
        crs=32636,
    )


def reporters(frame: gpd.GeoDataFrame) -> list[str]:
    return list(without_doubles(frame, eps_m=15, eps_s=600)["reporter"])


def test_near_in_space_and_time_and_of_one_kind_is_one_sender() -> None:
    lamp = "broken_lamps"
    frame = sent((0, 0, lamp, True), (5, 3, lamp, True), (5, 9, "no_lamps", True), (8, 40, lamp, True),
                 (40, 1, lamp, True), (12, 10, lamp, True))  # fmt: skip
    assert reporters(frame) == ["r0", "r0", "r2", "r3", "r4", "r0"]
    assert list(frame["reporter"]) == ["r0", "r1", "r2", "r3", "r4", "r5"]


def test_who_is_known_and_who_sat_at_a_table_is_left_alone() -> None:
    frame = sent((0, 0, "no_lamps", False), (1, 1, "no_lamps", True), (2, 2, "no_lamps", False))
    assert reporters(frame) == ["r0", "r1", "r2"]


def test_categories_far_apart_in_number_do_not_meet() -> None:
    frame = sent(*((float(x), 0, f"kind{x}", True) for x in range(0, 60, 5)))
    assert len(set(reporters(frame))) == 12


def test_nothing_is_doubled_without_knowing() -> None:
    frame = sent((0, 0, "no_lamps", True), (1, 1, "no_lamps", True)).drop(columns="may_repeat")
    assert reporters(frame) == ["r0", "r1"]
    assert reporters(sent()) == []


def test_one_more_mark_joins_nobody_and_takes_no_person_away() -> None:
    """Two senders 28 m apart; the mark between them is near to both, and is of the first."""
    lamp = "no_lamps"
    two = [(0.0, 0.0, lamp, True), (28.0, 1.0, lamp, True)]
    assert reporters(sent(*two)) == ["r0", "r1"]
    assert reporters(sent(*two, (14.0, 0.5, lamp, True))) == ["r0", "r1", "r0"]


MARK = st.tuples(
    st.integers(0, 60).map(float), st.integers(0, 40).map(float), st.sampled_from(["a", "b"]), st.booleans()
)


@given(st.lists(MARK, min_size=1, max_size=25))
def test_what_is_published_later_changes_no_one_before(marks: list[tuple[float, float, str, bool]]) -> None:
    found = reporters(sent(*marks))
    for number in range(1, len(marks)):
        assert reporters(sent(*marks[:number])) == found[:number]


@given(st.lists(MARK, min_size=1, max_size=25), st.randoms())
def test_it_is_the_slow_plain_way(marks: list[tuple[float, float, str, bool]], chance: random.Random) -> None:
    rows = list(range(len(marks)))
    chance.shuffle(rows)
    frame = sent(*marks).iloc[rows]
    firsts: list[int] = []
    expected = {}
    for number, (east, minutes, kind, may_repeat) in enumerate(marks):
        near = [
            first for first in firsts
            if may_repeat and marks[first][2] == kind
            and abs(marks[first][0] - east) <= 15 and abs(marks[first][1] - minutes) <= 10
        ]  # fmt: skip
        if may_repeat and not near:
            firsts.append(number)
        expected[f"r{number}"] = f"r{min(near, default=number)}"
    found = without_doubles(frame, eps_m=15, eps_s=600)
    assert dict(zip(frame["reporter"], found["reporter"], strict=True)) == expected
