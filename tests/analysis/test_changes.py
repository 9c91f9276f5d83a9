"""What counts as a change of a hotspot."""

import geopandas as gpd
import pandas as pd
import shapely

from mapping.analysis.changes import changes_of


def places(people: dict[str, int]) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(n, 0).buffer(1) for n in range(len(people))]
    columns = {"reporters": list(people.values()), "is_private": [name.isupper() for name in people]}
    return gpd.GeoDataFrame(columns, index=list(people), geometry=shapes, crs=32636)


def test_only_what_five_people_make_is_a_change() -> None:
    before = places({"a": 8, "b": 8, "c": 11, "d": 40, "e": 5, "P": 10, "Q": 10})
    now = places({"a": 13, "b": 12, "c": 6, "d": 44, "P": 15, "Q": 20, "n": 6})
    changes, gone = changes_of(
        before, now, pd.Series(["a", "b", "c", "d", "P", "Q", None], index=now.index, dtype=object)
    )
    assert changes == ["grown", "same", "shrunk", "same", "same", "grown", "new"]  # P: 10 may have been 14
    assert gone == ["e"]


def test_a_first_run_has_only_new_places() -> None:
    now = places({"a": 8})
    assert changes_of(places({}), now, pd.Series([None], index=now.index, dtype=object)) == (["new"], [])
