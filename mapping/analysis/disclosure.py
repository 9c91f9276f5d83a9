"""Statistical disclosure control: of what people say of people a table of fixed cells is told, and nothing else.

A mark about what people do to people counts in a fixed hexagon only, together with those of other people, in multiples
of the smallest number that may be told of. Voices made from that table stand for the people in all that follows, so
that nothing computed later can tell more than the table does.
Source: the minimum frequency rule and rounding, Hundepool et al. (2012), Statistical Disclosure Control, ch. 5.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.analysis.grids import Cells, HexagonGrid
from mapping.analysis.points import middles
from mapping.analysis.voices import VULNERABLE, anchors

TOLD_GRID = HexagonGrid(100.0)
CELL = ["layer", "q", "r"]
COLUMNS = [*CELL, "reporter", "category", "severity", "recency", "is_vulnerable", "when", "affected", "observed_at",
           "marks"]  # fmt: skip


@dataclass(frozen=True)
class ToldVoices:
    """What is told of private layers.

    Parameters
    ----------
    voices : DataFrame
        One row per made-up person and category: layer, cell (q, r) of `TOLD_GRID`, reporter (made up), category (None
        where too few people named one), severity, recency, is_vulnerable, when (or None), affected, observed_at (the
        month), marks (0: none may be told).
    places : int
        How many places people marked in all, rounded up to a multiple.
    people : int
        How many people marked, rounded down to a multiple.
    """

    voices: pd.DataFrame
    places: int
    people: int

    def cells(self) -> tuple[Cells, pd.Series]:
        """Cells of `TOLD_GRID` that are told of, shape (n, 2), and the people of each, by cell."""
        people = self.voices.drop_duplicates([*CELL, "reporter"]).groupby(["q", "r"]).size()
        return np.array(people.index.to_list(), dtype=np.int64).reshape(-1, 2), people


def rounded_down(people: int, min_people: int) -> int:
    """The largest multiple of `min_people` that is not more than `people`."""
    return people // min_people * min_people


def told_voices(
    reports_gdf: gpd.GeoDataFrame,
    *,
    min_people: int,
    bandwidth_m: float,
    cap: int,
    half_life_days: float,
    now: pd.Timestamp,
) -> ToldVoices:
    """What may be told of private layers: people by fixed cell, in multiples, and what enough of them share.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        Of private layers alone; metric CRS; columns reporter, layer, category, severity (1–4), when, affected,
        observed_at (UTC). A line counts at its middle.
    min_people : int
        Smallest number of people that may be told of.
    bandwidth_m : float
        Marks of one person nearer than this, in metres, are of one place: that of the earliest of them, so that no
        later mark moves an older one.
    cap : int
        Most places at which one person counts, the earliest first.
    half_life_days : float
        Days after which a mark weighs half.
    now : Timestamp
        With time zone; ages are measured from it.

    Returns
    -------
    ToldVoices
        Severity is the median of the cell, the time its median month. A category, an hour or a group that fewer than
        `min_people` people of a cell named is not told.
    """
    said = _said(reports_gdf, bandwidth_m, cap)
    people = said.drop_duplicates([*CELL, "reporter"])[[*CELL, "reporter", "when"]]
    worst = said.groupby([*CELL, "reporter"]).agg(severity=("severity", "max"), days=("days", "max"))
    cells = worst.groupby(CELL).agg(
        people=("severity", "size"), severity=("severity", "median"), days=("days", "median")
    )
    cells = cells.reset_index()
    cells["people"] -= cells["people"] % min_people
    places, distinct = -rounded_down(-len(people), min_people), rounded_down(said["reporter"].nunique(), min_people)
    if not cells["people"].any():
        return ToldVoices(pd.DataFrame(columns=COLUMNS), places, distinct)
    cells["severity"] = np.floor(cells["severity"] + 0.5).astype(np.int64)
    months = np.floor(cells.pop("days")).to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    cells["observed_at"] = pd.DatetimeIndex(months.astype("datetime64[ns]"), tz="UTC")
    made_up, person = _numbered(cells, CELL), [*CELL, "number"]
    made_up = made_up.merge(_numbered(_shared(people, "when", min_people), CELL), "left", person)
    made_up = made_up.merge(_groups(said, min_people), "left", person)
    categories = _shared(said, "category", min_people)
    made_up = made_up.merge(_numbered(categories, [*CELL, "category"]), "left", person)
    return ToldVoices(_as_voices(made_up, half_life_days, now), places, distinct)


def _said(reports_gdf: gpd.GeoDataFrame, bandwidth_m: float, cap: int) -> pd.DataFrame:
    """Marks, the earliest first, in the cell of the place they are of; without those beyond a person's cap."""
    points = middles(np.asarray(reports_gdf.geometry.array, dtype=object))
    rows = pd.DataFrame(reports_gdf[["reporter", "layer", "category", "severity", "when", "affected"]])
    days = reports_gdf["observed_at"].astype("datetime64[ns, UTC]").astype(np.int64) / 86_400e9
    rows = rows.assign(days=days, report_id=rows.index.astype(str), x=points[:, 0], y=points[:, 1])
    rows = rows.sort_values(["days", "report_id"], ignore_index=True)
    rows["anchor"] = anchors(rows[["x", "y"]].to_numpy(), pd.factorize(rows["reporter"])[0], bandwidth_m)
    cells = TOLD_GRID.cells_of(rows.loc[rows["anchor"], ["x", "y"]].to_numpy())
    places = rows.drop_duplicates("anchor")
    allowed = places.loc[places.groupby("reporter").cumcount() < cap, "anchor"]
    return pd.DataFrame(rows.assign(q=cells[:, 0], r=cells[:, 1])[rows["anchor"].isin(allowed)])


def _shared(rows: pd.DataFrame, column: str, min_people: int) -> pd.DataFrame:
    """Codes of a column that enough people of a cell named, with how many of them are told of."""
    people = rows.groupby([*CELL, column])["reporter"].nunique().rename("people").reset_index()
    people["people"] -= people["people"] % min_people
    return pd.DataFrame(people[people["people"] > 0])


def _numbered(counts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """A row for each of `people` in place of the count, numbered from 0 within `by`."""
    rows = counts.loc[counts.index.repeat(counts["people"])].drop(columns="people").reset_index(drop=True)
    return rows.assign(number=rows.groupby(by).cumcount())


def _groups(said: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """The groups that are told of as affected, for each made-up person a tuple."""
    named = said.explode("affected").dropna(subset=["affected"])
    rows = _numbered(_shared(named, "affected", min_people), [*CELL, "affected"])
    return pd.DataFrame(rows.groupby([*CELL, "number"])["affected"].agg(tuple).reset_index())


def _as_voices(made_up: pd.DataFrame, half_life_days: float, now: pd.Timestamp) -> pd.DataFrame:
    affected = [codes if isinstance(codes, tuple) else () for codes in made_up["affected"]]
    age_days = (now - made_up["observed_at"]).dt.total_seconds() / 86_400
    names = made_up["layer"].astype(str) + made_up[["q", "r", "number"]].astype(str).agg("/".join, axis=1).radd("/")
    voices = made_up.assign(
        reporter=names,
        affected=pd.Series(affected, index=made_up.index, dtype=object),
        marks=0,
        when=made_up["when"].astype(object).where(made_up["when"].notna(), None),
        category=made_up["category"].astype(object).where(made_up["category"].notna(), None),
        recency=np.exp2(-age_days.clip(lower=0) / half_life_days),
        is_vulnerable=np.array([not VULNERABLE.isdisjoint(codes) for codes in affected], dtype=np.bool_),
    )
    return voices[COLUMNS]
