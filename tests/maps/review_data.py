"""A small invented town for the tests of the map."""

from typing import Any

from mapping.maps.review_map import ReviewMapData

HOSTILE = "<img src=x onerror=alert(1)> ${alert(1)} `alert(1)` </script><script>alert(1)</script>"

LAYERS = [
    {"code": "dangerous_places", "title": "Dangerous place", "symbol": "danger"},
    {"code": "unlit_streets", "title": "Dark", "symbol": "dark"},
    {"code": "accessibility_barriers", "title": "Hard to get through", "symbol": "barrier"},
    {"code": "resources", "title": "Help here", "symbol": "resource"},
    {"code": "vulnerable_households", "title": "Households", "symbol": "household"},
]


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def hotspot(identity: str, *, rank: int, name: str) -> dict[str, Any]:
    """A square hotspot of some 60 m near the Senate Square."""
    west, south = 24.95 + rank / 1000, 60.169
    ring = [[west, south], [west + 0.001, south], [west + 0.001, south + 0.0005], [west, south + 0.0005], [west, south]]
    return {
        "type": "Feature",
        "id": identity,
        "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
        "properties": {
            "rank": rank,
            "name": name,
            "step": 6 - rank,
            "badge_words": "Very unlikely to be chance",
            "reasons": [{"category": "road_danger", "layer": "dangerous_places", "title": name, "people": 3}],
            "q_value": 0.01,
            "trend": "rising",
        },
    }


def report(identity: str, layer: str, *, text: str = "by the school", radius_m: int | None = None) -> dict[str, Any]:
    """A released report at one place."""
    return {
        "type": "Feature",
        "id": identity,
        "geometry": {"type": "Point", "coordinates": [24.9512, 60.1693]},
        "properties": {
            "layer": layer,
            "category": "road_danger",
            "title": "Cars do not stop",
            "severity": 3,
            "when": "night",
            "observed_on": "2026-10",
            "radius_m": radius_m,
            "place": text,
            "description": text,
            "secret": "never shown",
        },
    }


def stretch(identity: str, *, properties: dict[str, Any]) -> dict[str, Any]:
    """A line of some 110 m."""
    line = {"type": "LineString", "coordinates": [[24.951, 60.169], [24.953, 60.169]]}
    return {"type": "Feature", "id": identity, "geometry": line, "properties": properties}


def area(identity: str, *, level: int | str) -> dict[str, Any]:
    """A square of some 60 m of a layer of the analysis."""
    shape = hotspot(identity, rank=1, name="")["geometry"]
    words = "Some people marked around here."
    return {"type": "Feature", "id": identity, "geometry": shape, "properties": {"level": level, "words": words}}


def town(*, text: str = "by the school") -> ReviewMapData:
    """Two hotspots, three reports, one unlit street."""
    return ReviewMapData(
        slug="demo",
        name="Tykha Krynytsia",
        bbox=(24.92, 60.16, 24.97, 60.18),
        layers=LAYERS,
        hotspots=collection(hotspot("h1", rank=1, name=text), hotspot("h2", rank=2, name="Steps to the bridge")),
        reports=collection(
            report("r1", "dangerous_places", text=text, radius_m=200),
            report("r2", "accessibility_barriers", text=text),
            report("r3", "vulnerable_households", text="a household that no map may show"),
            stretch("r4", properties={"layer": "unlit_streets", "title": "Lamps are broken", "severity": 2}),
        ),
        unlit=collection(stretch("7/1", properties={"name": text, "highway": "residential"})),
        surface=collection(area("a1", level=0), area("a2", level=2)),
        streets=collection(stretch("s1", properties={"step": 3, "words": text, "secret": "never shown"})),
        coverage=collection(area("c1", level="few")),
        is_simulated=True,
    )
