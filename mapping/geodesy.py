"""Coordinate reference systems: the only module that transforms coordinates.

Geometry is stored and exchanged as EPSG:4326 in longitude, latitude order, and measured only after
`to_metric`, in the UTM zone of the community. UTM distorts lengths by at most 0.04 % inside its zone
(0.1 % a little outside), far below the accuracy of a finger on a map.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.errors import GeodesyError

if TYPE_CHECKING:
    import geopandas as gpd

WGS84, WEB_MERCATOR = 4326, 3857
EARTH_RADIUS_M, MERCATOR_LATITUDE = 6_378_137.0, 85.051128779806
MAX_X_3857 = 20_037_508.342789244  # of EPSG:3857, in metres; of its northing too
MIN_UTM_LATITUDE, MAX_UTM_LATITUDE = -80.0, 84.0


def utm_epsg(longitude: float, latitude: float) -> int:
    """EPSG code of the WGS 84 / UTM zone that holds a position.

    Parameters
    ----------
    longitude, latitude : float
        Degrees, EPSG:4326; latitude within −80…84, where UTM is defined.

    Returns
    -------
    int
        32601–32660 (north) or 32701–32760 (south).

    Raises
    ------
    GeodesyError
        If the position is outside the area where UTM is defined.

    Notes
    -----
    Source: EPSG registry, WGS 84 / UTM grid system; the exceptions of Norway and Svalbard are not applied.
    """
    if not (-180 <= longitude <= 180 and MIN_UTM_LATITUDE <= latitude <= MAX_UTM_LATITUDE):
        raise GeodesyError("UTM zones are defined for longitudes −180…180 and latitudes −80…84.")
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return (32600 if latitude >= 0 else 32700) + zone


@lru_cache(maxsize=64)
def _transformer(source: int, target: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def to_metric(frame: "gpd.GeoDataFrame", epsg: int | None = None) -> "gpd.GeoDataFrame":
    """A frame in metres.

    Parameters
    ----------
    frame : GeoDataFrame
        With a CRS; usually EPSG:4326.
    epsg : int, optional
        Projected CRS to use; by default the UTM zone of the frame's centre.

    Returns
    -------
    GeoDataFrame
        A new frame on the same index, coordinates in metres.

    Raises
    ------
    GeodesyError
        If the frame has no CRS, or is empty and no `epsg` is given.
    """
    if frame.crs is None:
        raise GeodesyError("The frame has no CRS; set it, usually to EPSG:4326, before measuring.")
    if epsg is None:
        bounds = frame.to_crs(WGS84).total_bounds
        if not np.isfinite(bounds).all():
            raise GeodesyError("An empty frame has no UTM zone; give `epsg`.")
        epsg = utm_epsg((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    return frame.to_crs(epsg)


def require_metric(frame: "gpd.GeoDataFrame") -> None:
    """Refuse a frame whose coordinates are not metres.

    Raises
    ------
    GeodesyError
        If the CRS is missing, not a projection in metres, or Web Mercator.
    """
    if frame.crs is None:
        raise GeodesyError("The frame has no CRS; lengths cannot be measured.")
    if not frame.crs.is_projected or frame.crs.axis_info[0].unit_name != "metre":
        raise GeodesyError("Lengths need a CRS in metres; call `to_metric` first.")
    if frame.crs.to_epsg() == WEB_MERCATOR:
        raise GeodesyError("The metres of EPSG:3857 are none away from the equator; call `to_metric` first.")


def web_mercator(longitude: float, latitude: float) -> tuple[float, float]:
    """A position in EPSG:3857, metres; latitudes beyond the square of Web Mercator are moved to its edge.

    Parameters
    ----------
    longitude, latitude : float
        Degrees, EPSG:4326.

    Notes
    -----
    Source: EPSG guidance note 7-2, method 1024, Popular Visualisation Pseudo Mercator.
    """
    north = math.radians(max(-MERCATOR_LATITUDE, min(MERCATOR_LATITUDE, latitude)))
    return math.radians(longitude) * EARTH_RADIUS_M, math.asinh(math.tan(north)) * EARTH_RADIUS_M


def in_crs(frame: "gpd.GeoDataFrame", crs: Any) -> "gpd.GeoDataFrame":
    """A frame in a given CRS.

    Parameters
    ----------
    frame : GeoDataFrame
        With a CRS.
    crs : Any
        What pyproj takes for a CRS.

    Returns
    -------
    GeoDataFrame
        A new frame on the same index.

    Raises
    ------
    GeodesyError
        If the frame has no CRS, or `crs` is none.
    """
    if frame.crs is None:
        raise GeodesyError("The frame has no CRS; set it, usually to EPSG:4326, first.")
    try:
        return frame.to_crs(crs)
    except pyproj.exceptions.CRSError:
        raise GeodesyError("The CRS is not one that is known; use an EPSG code.") from None


def _projection(source: int, target: int) -> Callable[[Any], Any]:
    transform = _transformer(source, target).transform

    def project(coordinates: Any) -> Any:
        return np.column_stack(transform(coordinates[:, 0], coordinates[:, 1]))

    return project


def geometry_to_metric(geometry: BaseGeometry, epsg: int) -> BaseGeometry:
    """One EPSG:4326 geometry in metres of the CRS `epsg`."""
    return shapely.transform(geometry, _projection(WGS84, epsg))


def geometry_to_wgs84(geometry: BaseGeometry, epsg: int) -> BaseGeometry:
    """One geometry in the CRS `epsg` as EPSG:4326, longitude before latitude."""
    return shapely.transform(geometry, _projection(epsg, WGS84))
