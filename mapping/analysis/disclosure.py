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
from mapping.analysis.voices import VULNERABLE

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
        One row per made-up person and category: layer, cell (q, r) of `TOLD_GRID`, reporter (a number; the same in
        every cell, since nobody can know that they are not the same people), category (None where too few people
        named one), severity, recency, is_vulnerable, when (or None), affected, observed_at (the month), marks (0: none
        may be told), all of them what enough people of the cell share.
    marks : int
        How many marks there are in all, rounded up to a multiple.
    """

    voices: pd.DataFrame
    marks: int

    def cells(self) -> tuple[Cells, pd.Series]:
        """Cells of `TOLD_GRID` that are told of, shape (n, 2), and the people of each, by cell."""
        people = self.voices.drop_duplicates(["q", "r", "reporter"]).groupby(["q", "r"]).size()
        return np.array(people.index.to_list(), dtype=np.int64).reshape(-1, 2), people


def rounded_down(people: int, min_people: int) -> int:
    """The largest multiple of `min_people` that is not more than `people`."""
    return people // min_people * min_people


def told_voices(
    reports_gdf: gpd.GeoDataFrame, *, min_people: int, half_life_days: float, now: pd.Timestamp
) -> ToldVoices:
    """What may be told of private layers: people by fixed cell, in multiples, and what enough of them share.

    Parameters
    ----------
    reports_gdf : GeoDataFrame
        Of private layers alone; metric CRS; columns reporter, layer, category, severity (1–4), when, affected,
        observed_at (UTC). A line counts at its middle.
    min_people : int
        Smallest number of people that may be told of.
    half_life_days : float
        Days after which a mark weighs half.
    now : Timestamp
        With time zone; ages are measured from it.

    Returns
    -------
    ToldVoices
        Severity is the median of the cell, the time its median month. A category, an hour or a group that fewer than
        `min_people` people of a cell named is not told. What a person marked elsewhere plays no part in a cell.
    """
    said = _said(reports_gdf)
    people = said.drop_duplicates([*CELL, "reporter"])[[*CELL, "reporter", "when"]]
    worst = said.groupby([*CELL, "reporter"]).agg(severity=("severity", "max"), days=("days", "max"))
    cells = worst.groupby(CELL).agg(
        people=("severity", "size"), severity=("severity", "median"), days=("days", "median")
    )
    cells = cells.reset_index()
    cells["people"] -= cells["people"] % min_people
    marks = -rounded_down(-len(said), min_people)
    if not cells["people"].any():
        return ToldVoices(pd.DataFrame(columns=COLUMNS), marks)
    cells["severity"] = np.floor(cells["severity"] + 0.5).astype(np.int64)
    months = np.floor(cells.pop("days")).to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    cells["observed_at"] = pd.DatetimeIndex(months.astype("datetime64[ns]"), tz="UTC")
    made_up, person = _numbered(cells, CELL), [*CELL, "number"]
    made_up = made_up.merge(_numbered(_shared(people, "when", min_people), CELL), "left", person)
    made_up = made_up.merge(_groups(said, min_people), "left", person)
    categories = _shared(said, "category", min_people)
    made_up = made_up.merge(_numbered(categories, [*CELL, "category"]), "left", person)
    return ToldVoices(_as_voices(made_up, half_life_days, now), marks)


def _said(reports_gdf: gpd.GeoDataFrame) -> pd.DataFrame:
    """Marks with their cells, the earliest first."""
    cells = TOLD_GRID.cells_of(middles(np.asarray(reports_gdf.geometry.array, dtype=object)))
    rows = pd.DataFrame(reports_gdf[["reporter", "layer", "category", "severity", "when", "affected"]])
    days = reports_gdf["observed_at"].astype("datetime64[ns, UTC]").astype(np.int64) / 86_400e9
    rows = rows.assign(q=cells[:, 0], r=cells[:, 1], days=days, report_id=rows.index.astype(str))
    return rows.sort_values(["days", "report_id"], ignore_index=True)


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
    voices = made_up.assign(
        reporter="somebody " + made_up["number"].astype(str),
        affected=pd.Series(affected, index=made_up.index, dtype=object),
        marks=0,
        when=made_up["when"].astype(object).where(made_up["when"].notna(), None),
        category=made_up["category"].astype(object).where(made_up["category"].notna(), None),
        recency=np.exp2(-age_days.clip(lower=0) / half_life_days),
        is_vulnerable=np.array([not VULNERABLE.isdisjoint(codes) for codes in affected], dtype=np.bool_),
    )
    return voices[COLUMNS]
