"""Simulated reports of a made-up scenario on real streets: seeded, so that the right answer is known.

See `data/README.md` for the meaning of a scenario's fields. Everything it makes is labelled as simulated by the
community it is put into.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from mapping.errors import InvalidInput
from mapping.geodesy import WGS84, require_metric

STRETCH_M = 40.0
LATERAL_M = 5.0
CONSENTS = {"store": True, "working_group": True, "police": False, "publish": True}


def simulate_reports(
    streets_gdf: gpd.GeoDataFrame,
    area: BaseGeometry,
    scenario: Mapping[str, Any],
    rng: np.random.Generator,
    now: datetime,
) -> list[dict[str, Any]]:
    """The reports of a scenario, as phones would send them.

    Parameters
    ----------
    streets_gdf : GeoDataFrame
        Metric CRS; column name; LineStrings.
    area : Polygon or MultiPolygon
        The community's ground in the same CRS; every report lies inside.
    scenario : mapping
        See `data/README.md`.
    rng : numpy Generator
        The same seed gives the same reports.
    now : datetime
        With time zone; ages are counted back from it.

    Returns
    -------
    list of dict
        `id` (UUID), `reporter` (str), `published` (bool), `payload` (the wire JSON, EPSG:4326).

    Raises
    ------
    InvalidInput
        If a planted place names a street that is not there.
    """
    require_metric(streets_gdf)
    drawer = _Drawer(streets_gdf, area.buffer(-1.0), scenario, rng, now)
    drawer.plant()
    drawer.spread()
    drawer.keep_apart()
    return drawer.reports


class _Drawer:
    def __init__(
        self,
        streets_gdf: gpd.GeoDataFrame,
        area: BaseGeometry,
        scenario: Mapping[str, Any],
        rng: np.random.Generator,
        now: datetime,
    ) -> None:
        self.streets_gdf = streets_gdf
        self.area = area
        self.scenario = scenario
        self.rng = rng
        self.now = now
        self.reports: list[dict[str, Any]] = []

    def plant(self) -> None:
        """The planted places, and one person's repeats of the first."""
        for number, place in enumerate(self.scenario["places"]):
            line = self._street(place["street"])
            for person in range(place["people"]):
                self._report(f"place-{number}-{person}", self._along(line, place), place)
        for _ in range(self.scenario["repeats"]):
            place = self.scenario["places"][0]
            self._report("place-0-0", self._along(self._street(place["street"]), place), place)

    def spread(self) -> None:
        """Background reports evenly along all streets, and the places that help."""
        background = {"categories": self.scenario["background_categories"], "severities": [1, 2, 2, 3]}
        for _ in range(self.scenario["background"]):
            person = self.rng.integers(self.scenario["background_people"])
            self._report(f"background-{person}", self._anywhere(), background)
        for category, count in self.scenario["resources"].items():
            for number in range(count):
                self._report(
                    f"resource-{category}-{number}",
                    self._anywhere(),
                    {"categories": {category: 1}, "severities": [1], "when": ["always"]},
                )

    def keep_apart(self) -> None:
        """Reports that nobody but the group may see."""
        background = {"categories": self.scenario["background_categories"], "severities": [2]}
        for number in range(self.scenario["unpublished"]):
            self._report(f"waiting-{number}", self._anywhere(), background, is_published=False)
        for category, count in self.scenario["confidential"].items():
            for number in range(count):
                self._report(
                    f"confidential-{category}-{number}",
                    self._anywhere(),
                    {"categories": {category: 1}, "severities": [3]},
                )

    def _street(self, name: str) -> shapely.LineString:
        pieces = self.streets_gdf.geometry[self.streets_gdf["name"] == name]
        pieces = pieces[pieces.within(self.area)]
        if pieces.empty:
            raise InvalidInput("The scenario names a street that is not in the town.")
        merged = shapely.line_merge(shapely.union_all(pieces.to_numpy()))
        longest: shapely.LineString = max(shapely.get_parts(merged), key=lambda line: line.length)
        return longest

    def _along(self, line: shapely.LineString, place: Mapping[str, Any]) -> shapely.Point:
        while True:
            at = place["along"] * line.length + self.rng.normal(0, place["spread_m"])
            point = line.interpolate(float(np.clip(at, 0, line.length)))
            sideways = self.rng.normal(0, LATERAL_M, 2)
            moved = shapely.Point(point.x + sideways[0], point.y + sideways[1])
            if self.area.contains(moved):
                return moved

    def _anywhere(self) -> shapely.Point:
        lengths = self.streets_gdf.length.to_numpy()
        while True:
            street = self.streets_gdf.geometry.iloc[self.rng.choice(len(lengths), p=lengths / lengths.sum())]
            point: shapely.Point = street.interpolate(self.rng.random(), normalized=True)
            if self.area.contains(point):
                return point

    def _pick(self, options: Sequence[Any]) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def _report(
        self, reporter: str, point: shapely.Point, place: Mapping[str, Any], *, is_published: bool = True
    ) -> None:
        names = list(place["categories"])
        weights = np.array([place["categories"][name] for name in names], dtype=np.float64)
        category = names[int(self.rng.choice(len(names), p=weights / weights.sum()))]
        words = place.get("words", {}).get(category)
        age = timedelta(days=float(self.rng.uniform(1, self.scenario["days"])))
        payload = {
            "category": category,
            "geometry": self._geometry(point, category),
            "severity": int(self._pick(place["severities"])),
            "when": self._pick(place.get("when", ["day", "night", "always"])),
            "affected": [self._pick(place.get("affected", ["everyone", "older_people", "children"]))],
            "description": None if words is None else self._pick(words),
            "observed_at": (self.now - age).replace(microsecond=0).isoformat(),
            "consents": dict(CONSENTS),
        }
        report_id = UUID(bytes=self.rng.bytes(16), version=4)
        self.reports.append({"id": report_id, "reporter": reporter, "published": is_published, "payload": payload})

    def _geometry(self, point: shapely.Point, category: str) -> dict[str, Any]:
        """A stretch of the nearest street for streets without lamps, else the point."""
        shape: BaseGeometry = point
        if category == "no_lamps":
            nearest = self.streets_gdf.geometry.iloc[int(self.streets_gdf.sindex.nearest(point)[1][0])]
            middle = nearest.project(point)
            stretch = shapely.ops.substring(
                nearest, max(middle - STRETCH_M / 2, 0.0), min(middle + STRETCH_M / 2, nearest.length)
            )
            if stretch.length > 1.0 and stretch.is_simple and self.area.contains(stretch):
                shape = stretch
        lonlat = gpd.GeoSeries([shape], crs=self.streets_gdf.crs).to_crs(WGS84).iloc[0]
        rounded = np.round(shapely.get_coordinates(lonlat), 6).tolist()
        if shape.geom_type == "Point":
            return {"type": "Point", "coordinates": rounded[0]}
        return {"type": "LineString", "coordinates": rounded}
