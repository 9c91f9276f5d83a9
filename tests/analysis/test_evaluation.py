"""Hit rates worked out by hand, and the robberies of Memphis: what nine months say of the next three."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from mapping.analysis.evaluation import catch, compare_with_naive
from mapping.analysis.grids import HexagonGrid, ground_cells
from mapping.errors import AnalysisError
from tests.shared_data import shared_data

WHOLE = np.stack(np.meshgrid(np.arange(30), np.arange(30), indexing="ij"), axis=-1).reshape(-1, 2)


def test_indices_by_hand() -> None:
    chosen = np.array([True, True, False, False, False, False, False, False, False, False])
    found = catch(chosen, np.array([5, 3, 2, 0, 0, 0, 0, 0, 0, 0]), np.array([4, 0, 4, 2, 0, 0, 0, 0, 0, 0]))
    assert (found.caught, found.hit_rate, found.ground_share) == (4, 0.4, 0.2)
    assert found.pai == pytest.approx(2.0)
    assert found.pei == pytest.approx(4 / 8)
    assert found.rri == pytest.approx(0.4 / 0.8)


def test_nothing_chosen_catches_nothing() -> None:
    nothing = catch(np.zeros(4, dtype=bool), np.ones(4, dtype=int), np.ones(4, dtype=int))
    assert (nothing.caught, nothing.pai, nothing.pei, nothing.rri) == (0, 0, 0, 0)


def test_a_lasting_place_is_caught_and_a_moving_one_is_not() -> None:
    grid, rng = HexagonGrid(20), np.random.default_rng(3)
    place, elsewhere = grid.centres(np.array([[8, 8]]))[0], grid.centres(np.array([[22, 20]]))[0]
    spread = grid.centres(WHOLE)
    earlier = np.vstack([place + rng.normal(0, 12, (60, 2)), spread[rng.integers(0, 900, 60)]])
    stays = compare_with_naive(
        earlier, place + rng.normal(0, 12, (40, 2)), grid=grid, ground=WHOLE, rings=1, max_q=0.05
    )
    moves = compare_with_naive(
        earlier, elsewhere + rng.normal(0, 12, (40, 2)), grid=grid, ground=WHOLE, rings=1, max_q=0.05
    )
    assert stays["hotspots"].hit_rate > 0.8
    assert stays["hotspots"].pai > 10
    assert moves["hotspots"].caught == 0
    shares = {name: found.ground_share for name, found in stays.items()}
    assert len(set(shares.values())) == 1, shares


def test_periods_without_events_are_refused() -> None:
    with pytest.raises(AnalysisError, match="later period"):
        catch(np.ones(2, dtype=bool), np.ones(2, dtype=int), np.zeros(2, dtype=int))
    with pytest.raises(AnalysisError, match="one shape"):
        catch(np.ones(2, dtype=bool), np.ones(3, dtype=int), np.ones(2, dtype=int))
    with pytest.raises(AnalysisError, match="no ground"):
        compare_with_naive(
            np.zeros((1, 2)), np.zeros((1, 2)), grid=HexagonGrid(9), ground=WHOLE[:0], rings=1, max_q=0.05
        )


@pytest.fixture
def memphis() -> Path:
    return shared_data("incidents")


def test_robberies_of_nine_months_tell_of_the_next_three(memphis: Path) -> None:
    robberies = pd.read_csv(memphis / "memphis_robberies_2019.csv", parse_dates=["date_utc"])
    places_gdf = gpd.GeoSeries.from_xy(robberies["lon"], robberies["lat"], crs=4326).to_crs(32616)
    points = np.column_stack([places_gdf.x, places_gdf.y])
    is_early = (robberies["date_utc"] < pd.Timestamp("2019-10-01", tz="UTC")).to_numpy()
    area = gpd.read_file(memphis / "memphis_precincts.geojson").to_crs(32616).union_all()
    grid = HexagonGrid(500.0)
    ground = ground_cells(grid, area, np.zeros(0, dtype=object))
    found = compare_with_naive(points[is_early], points[~is_early], grid=grid, ground=ground, rings=1, max_q=0.05)
    assert found["hotspots"].pai > 5
    assert found["hotspots"].caught >= found["density"].caught
    assert found["hotspots"].rri > found["counts"].rri
