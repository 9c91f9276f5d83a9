"""OSM ways to street segments: each way cut where streets meet.

A junction is a node used more than once by the ways given: by two streets, or twice by one. Streets that only end
at a node of no other way are not cut there. In a cut-out, ways may miss nodes that lie outside; a segment never
jumps over such a gap.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from mapping import geodesy
from mapping.formats.osm_tags import STREET_TAGS

STREET_COLUMNS = ("osm_way_id", "segment", *STREET_TAGS, "length_m")


@dataclass(frozen=True)
class StreetWay:
    """One way: `tags` are those of `STREET_TAGS`, cleaned; `refs` (n,) node ids; `lonlat` (n, 2) degrees or NaN."""

    osm_id: int
    tags: Mapping[str, str | None]
    refs: npt.NDArray[np.int64]
    lonlat: npt.NDArray[np.float64]


def junctions(ways: Sequence[StreetWay]) -> npt.NDArray[np.int64]:
    """The nodes at which ways meet or cross themselves: their ids, sorted.

    Parameters
    ----------
    ways : sequence of StreetWay
        Nodes repeated one after the other within a way count once.

    Returns
    -------
    ndarray of int64, shape (k,)
    """
    if not ways:
        return np.empty(0, dtype=np.int64)
    runs = [way.refs[np.concatenate(([True], way.refs[1:] != way.refs[:-1]))] for way in ways]
    nodes, uses = np.unique(np.concatenate(runs), return_counts=True)
    return nodes[uses > 1]


def _pieces(way: StreetWay, meeting: Set[int]) -> list[npt.NDArray[np.float64]]:
    """Coordinates of the way's segments in order; each has at least two different positions."""
    is_known = np.atleast_1d(np.isfinite(way.lonlat).all(axis=1))
    cuts = [ref in meeting for ref in way.refs.tolist()]
    pieces: list[npt.NDArray[np.float64]] = []
    current: list[npt.NDArray[np.float64]] = []

    def close() -> None:
        if len(current) > 1:
            pieces.append(np.array(current))
        current.clear()

    for position, known, cut in zip(way.lonlat, is_known, cuts, strict=True):
        if not known:
            close()
            continue
        if not current or not np.array_equal(current[-1], position):
            current.append(position)
        if cut and len(current) > 1:
            close()
            current.append(position)
    close()
    return pieces


def street_segments(ways: Sequence[StreetWay]) -> gpd.GeoDataFrame:
    """Cut ways at junctions.

    Parameters
    ----------
    ways : sequence of StreetWay
        With different ids.

    Returns
    -------
    GeoDataFrame
        EPSG:4326; columns `STREET_COLUMNS` and `geometry` (LineString); `segment` counts from 0 along each way;
        `length_m` in metres, measured in the UTM zone of the whole.
    """
    meeting = frozenset(junctions(ways).tolist())
    rows: list[tuple[object, ...]] = []
    lines: list[npt.NDArray[np.float64]] = []
    for way in ways:
        for segment, piece in enumerate(_pieces(way, meeting)):
            rows.append((way.osm_id, segment, *(way.tags.get(tag) for tag in STREET_TAGS)))
            lines.append(piece)
    frame = pd.DataFrame(rows, columns=list(STREET_COLUMNS[:-1]), dtype=object)
    frame = frame.astype({"osm_way_id": "int64", "segment": "int64"})
    geometry = shapely.linestrings(
        np.concatenate(lines) if lines else np.empty((0, 2)),
        indices=np.repeat(np.arange(len(lines)), [len(line) for line in lines]).astype(np.intp),
    )
    segments = gpd.GeoDataFrame(frame, geometry=np.asarray(geometry), crs=geodesy.WGS84)
    lengths = geodesy.to_metric(segments).length.to_numpy() if len(segments) else np.empty(0)
    segments.insert(len(STREET_COLUMNS) - 1, "length_m", lengths)
    return segments
