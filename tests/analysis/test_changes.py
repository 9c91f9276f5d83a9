"""What counts as a change of a hotspot."""

import geopandas as gpd
import pandas as pd
import shapely

from mapping.analysis.changes import changes_of


def places(people: dict[str, int]) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(n, 0).buffer(1) for n in range(len(people))]
    return gpd.GeoDataFrame({"reporters": list(people.values())}, index=list(people), geometry=shapes, crs=32636)


def test_only_what_more_than_two_people_make_is_a_change() -> None:
    before = places({"a": 8, "b": 8, "c": 8, "d": 40, "e": 5})
    now = places({"a": 11, "b": 10, "c": 5, "d": 44, "n": 6})
    changes, gone = changes_of(before, now, pd.Series(["a", "b", "c", "d", None], index=now.index, dtype=object))
    assert changes == ["grown", "same", "shrunk", "same", "new"]
    assert gone == ["e"]


def test_a_first_run_has_only_new_places() -> None:
    now = places({"a": 8})
    assert changes_of(places({}), now, pd.Series([None], index=now.index, dtype=object)) == (["new"], [])
