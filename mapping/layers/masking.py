"""The public place of a report: exact, masked by place, or none.

A masked point is made of the *cell* of the true point, not of the point: every report of a 100 m cell shows the very
same point, whatever it is about, so that many reports of one place tell no more than one. Where the cells begin and
which way they lie is part of the community's secret.
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


def _uniform(secret: bytes, purpose: str) -> tuple[float, float]:
    """Two numbers in [0, 1) that only the secret's holder can make again."""
    digest = hmac.digest(secret, purpose.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") / 2**64, int.from_bytes(digest[8:16], "big") / 2**64


def _turned(point: tuple[float, float], angle: float) -> tuple[float, float]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return point[0] * cosine - point[1] * sine, point[0] * sine + point[1] * cosine


def mask_point(point_metric: tuple[float, float], *, secret: bytes) -> tuple[float, float]:
    """The masked point of a true point.

    Parameters
    ----------
    point_metric : (float, float)
        Easting and northing in metres, in the community's UTM zone.
    secret : bytes
        The community's own, at least 32 bytes.

    Returns
    -------
    (float, float)
        Easting and northing in metres: the cell's centre moved by 30–120 m, uniformly in area.

    Notes
    -----
    Donut masking (Hampton et al. 2010, doi:10.1093/aje/kwq248), seeded by HMAC-SHA256 of the cell. The category is
    no part of the seed: four categories at one place would give four points about one centre, which tell the cell
    88 times in a hundred (decision 009).
    """
    turn, _ = _uniform(secret, "turn")
    shift_x, shift_y = _uniform(secret, "shift")
    angle = turn * math.tau
    x, y = _turned(point_metric, angle)
    column, row = math.floor(x / CELL_M + shift_x), math.floor(y / CELL_M + shift_y)
    along, around = _uniform(secret, f"mask|{column}|{row}")
    radius = math.sqrt(MIN_OFFSET_M**2 + along * (MAX_OFFSET_M**2 - MIN_OFFSET_M**2))
    masked = (
        (column + 0.5 - shift_x) * CELL_M + radius * math.cos(around * math.tau),
        (row + 0.5 - shift_y) * CELL_M + radius * math.sin(around * math.tau),
    )
    return _turned(masked, -angle)


def public_geometry(geometry: BaseGeometry, tier: Tier, secret: bytes, epsg: int) -> BaseGeometry | None:
    """What of a true place may be shown to everyone.

    Parameters
    ----------
    geometry : Point or LineString
        EPSG:4326.
    tier : Tier
        T0: the geometry itself; T1: a masked point; T2: None.
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
    masked = shapely.Point(mask_point((float(easting), float(northing)), secret=secret))
    return shapely.set_precision(geometry_to_wgs84(masked, epsg), 1e-6)


def mask_radius_m(geometry: BaseGeometry, epsg: int) -> float:
    """Radius in metres of a circle about the masked point that surely holds the whole true geometry.

    A line is masked by its middle, so half its length is added, rounded up to 100 m lest it tell the line.
    """
    half_m = geometry_to_metric(geometry, epsg).length / 2
    return MASK_RADIUS_M + LENGTH_STEP_M * math.ceil(half_m / LENGTH_STEP_M)
