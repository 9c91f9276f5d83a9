"""The public place of a report: exact, masked by place, or none.

A masked point is made of the *cell* of the true point, not of the point: every report of a 100 m cell and category
shows the very same point, so that many reports of one place tell no more than one.
"""

import hashlib
import hmac
import math

import shapely
from shapely.geometry.base import BaseGeometry

from mapping.geodesy import geometry_to_metric, geometry_to_wgs84
from mapping.layers.vocabulary import Tier

CELL_M = 100.0
MIN_OFFSET_M, MAX_OFFSET_M = 30.0, 120.0
MASK_RADIUS_M = 200.0  # >= 120 + 100 / sqrt(2): the circle surely holds the true point
LENGTH_STEP_M = 100.0


def mask_point(point_metric: tuple[float, float], *, secret: bytes, category: str) -> tuple[float, float]:
    """The masked point of a true point.

    Parameters
    ----------
    point_metric : (float, float)
        Easting and northing in metres, in the community's UTM zone.
    secret : bytes
        The community's own, at least 32 bytes.
    category : str
        Category code: two categories of a cell are masked apart.

    Returns
    -------
    (float, float)
        Easting and northing in metres: the cell's centre moved by 30–120 m, uniformly in area.

    Notes
    -----
    Donut masking (Hampton et al. 2010, doi:10.1093/aje/kwq248), seeded by HMAC-SHA256 of category and cell.
    """
    column, row = math.floor(point_metric[0] / CELL_M), math.floor(point_metric[1] / CELL_M)
    digest = hmac.digest(secret, f"mask|{category}|{column}|{row}".encode(), hashlib.sha256)
    along = int.from_bytes(digest[:8], "big") / 2**64
    angle = int.from_bytes(digest[8:16], "big") / 2**64 * math.tau
    radius = math.sqrt(MIN_OFFSET_M**2 + along * (MAX_OFFSET_M**2 - MIN_OFFSET_M**2))
    return (
        (column + 0.5) * CELL_M + radius * math.cos(angle),
        (row + 0.5) * CELL_M + radius * math.sin(angle),
    )


def public_geometry(geometry: BaseGeometry, tier: Tier, category: str, secret: bytes, epsg: int) -> BaseGeometry | None:
    """What of a true place may be shown to everyone.

    Parameters
    ----------
    geometry : Point or LineString
        EPSG:4326.
    tier : Tier
        T0: the geometry itself; T1: a masked point; T2: None.
    category : str
        Category code.
    secret : bytes
        The community's mask secret.
    epsg : int
        UTM zone of the community.

    Returns
    -------
    Geometry or None
        EPSG:4326, rounded to 1e-6 degrees.
    """
    if tier == Tier.T2:
        return None
    if tier == Tier.T0:
        return shapely.set_precision(geometry, 1e-6, mode="pointwise")
    metric = geometry_to_metric(geometry, epsg)
    middle = metric.interpolate(0.5, normalized=True) if isinstance(metric, shapely.LineString) else metric
    easting, northing = shapely.get_coordinates(middle)[0]
    masked = shapely.Point(mask_point((float(easting), float(northing)), secret=secret, category=category))
    return shapely.set_precision(geometry_to_wgs84(masked, epsg), 1e-6)


def mask_radius_m(geometry: BaseGeometry, epsg: int) -> float:
    """Radius in metres of a circle about the masked point that surely holds the whole true geometry.

    A line is masked by its middle, so half its length is added, rounded up to 100 m lest it tell the line.
    """
    half_m = geometry_to_metric(geometry, epsg).length / 2
    return MASK_RADIUS_M + LENGTH_STEP_M * math.ceil(half_m / LENGTH_STEP_M)
