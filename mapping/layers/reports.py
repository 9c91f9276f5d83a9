"""A report as it is sent, held against every rule; all faults are found in one go and none is echoed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from mapping.errors import FieldError, InvalidInput
from mapping.geodesy import geometry_to_metric, utm_epsg
from mapping.layers.categories import CATEGORIES
from mapping.layers.texts import REFUSED
from mapping.layers.vocabulary import AFFECTED, WHEN, Category

MAX_PLACE, MAX_DESCRIPTION, MAX_GROUP = 200, 2000, 100
MAX_LINE_POINTS, MAX_LINE_M = 200, 2000.0
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_FIELDS = {
    "category",
    "geometry",
    "place",
    "severity",
    "when",
    "affected",
    "description",
    "answers",
    "observed_at",
    "reporter_group",
    "consents",
}


@dataclass(frozen=True)
class Consents:
    """What a person agreed to, purpose by purpose."""

    store: bool
    working_group: bool
    police: bool
    publish: bool


@dataclass(frozen=True)
class ReportDraft:
    """A report that keeps every rule; geometry in EPSG:4326, `observed_at` in UTC."""

    category: str
    geometry: BaseGeometry | None
    place: str | None
    severity: int
    when: str
    affected: tuple[str, ...]
    description: str | None
    answers: Mapping[str, str]
    observed_at: datetime | None
    reporter_group: str | None
    consents: Consents


class _Faults:
    """Collects what is refused."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, field: str, reason: str) -> None:
        self.errors.append(FieldError(field, reason))

    def text(self, payload: Mapping[str, Any], field: str, longest: int) -> str | None:
        value = payload.get(field)
        if value is None:
            return None
        if not isinstance(value, str):
            self.add(field, "must be a text")
        elif len(value) > longest:
            self.add(field, f"must be at most {longest} characters long")
        elif REFUSED.search(value.replace("\r\n", "\n")):
            self.add(field, "has characters that cannot be kept")
        else:
            return value.replace("\r\n", "\n").strip() if any(map(str.isalnum, value)) else None
        return None

    def choice(self, payload: Mapping[str, Any], field: str, allowed: Mapping[str, Any]) -> str | None:
        value = payload.get(field)
        if isinstance(value, str) and value in allowed:
            return value
        self.add(field, "must be one of the listed codes" if field == "category" else "one of " + ", ".join(allowed))
        return None


def read_report(payload: object, *, boundary: BaseGeometry, now: datetime, channel: str = "web") -> ReportDraft:
    """Hold what was sent against every rule.

    Parameters
    ----------
    payload : object
        Any JSON value.
    boundary : Polygon or MultiPolygon
        The community's ground, EPSG:4326.
    now : datetime
        With time zone.
    channel : str
        How the report came; vulnerable households only "assisted".

    Returns
    -------
    ReportDraft

    Raises
    ------
    InvalidInput
        With one FieldError for each fault.
    """
    if not isinstance(payload, dict):
        raise InvalidInput("A report is a JSON object.", [FieldError("body", "must be an object")])
    faults = _Faults()
    for name in payload:
        if name not in _FIELDS:
            faults.add(name if name.isidentifier() and name.isascii() and len(name) <= 40 else "body", "unknown field")
    code = faults.choice(payload, "category", CATEGORIES)
    category = CATEGORIES.get(code or "")
    if category is not None and category.layer == "vulnerable_households" and channel != "assisted":
        faults.add("category", "is entered by mobilizers only")
    geometry = _geometry(payload.get("geometry"), category, boundary, faults)
    place = faults.text(payload, "place", MAX_PLACE)
    if payload.get("geometry") is None and place is None:
        faults.add("geometry", "a place on the map or in words is needed")
    severity = _severity(payload.get("severity"), faults)
    when = faults.choice(payload, "when", WHEN)
    affected = _affected(payload.get("affected"), faults)
    description = faults.text(payload, "description", MAX_DESCRIPTION)
    answers = _answers(payload.get("answers"), category, faults)
    observed_at = _observed_at(payload.get("observed_at"), now, faults)
    reporter_group = faults.text(payload, "reporter_group", MAX_GROUP)
    consents = _consents(payload.get("consents"), faults)
    if faults.errors or code is None or severity is None or when is None or consents is None:
        raise InvalidInput("Some fields of the report cannot be accepted.", faults.errors)
    return ReportDraft(
        category=code,
        geometry=geometry,
        place=place,
        severity=severity,
        when=when,
        affected=affected,
        description=description,
        answers=answers,
        observed_at=observed_at,
        reporter_group=reporter_group,
        consents=consents,
    )


def _severity(value: object, faults: _Faults) -> int | None:
    if type(value) is int and 1 <= value <= 4:
        return value
    faults.add("severity", "a whole number from 1 to 4")
    return None


def _affected(value: object, faults: _Faults) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(code, str) and code in AFFECTED for code in value):
        if len(set(value)) == len(value):
            return tuple(value)
        faults.add("affected", "each code once")
    else:
        faults.add("affected", "a list of " + ", ".join(AFFECTED))
    return ()


def _answers(value: object, category: Category | None, faults: _Faults) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        faults.add("answers", "must be an object")
        return {}
    questions = {} if category is None else {question.code: question for question in category.questions}
    for code, answer in value.items():
        if code not in questions:
            faults.add("answers", "holds a question that this category does not ask")
        elif not any(answer == allowed for allowed, _ in questions[code].answers):
            faults.add(f"answers.{code}", "must be one of the offered answers")
    return dict(value)


def _observed_at(value: object, now: datetime, faults: _Faults) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        moment = None if moment is None or moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        faults.add("observed_at", "an ISO 8601 date and time with time zone")
    elif not EARLIEST <= moment <= now + timedelta(days=1):
        faults.add("observed_at", "between the year 2000 and now")
    return moment


def _consents(value: object, faults: _Faults) -> Consents | None:
    names = ("store", "working_group", "police", "publish")
    if not isinstance(value, dict):
        faults.add("consents", "an object with " + ", ".join(names))
        return None
    faults_before = len(faults.errors)
    for name in names:
        if not isinstance(value.get(name), bool):
            faults.add(f"consents.{name}", "true or false")
    if any(name not in names for name in value):
        faults.add("consents", "holds an unknown purpose")
    if len(faults.errors) > faults_before:
        return None
    if not value["store"]:
        faults.add("consents.store", "without consent to keep it, a report cannot be kept")
    return Consents(**value)


def _geometry(value: object, category: Category | None, boundary: BaseGeometry, faults: _Faults) -> BaseGeometry | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"type", "coordinates"}:
        faults.add("geometry", "a GeoJSON Point or LineString")
        return None
    kind, coordinates = value["type"], value["coordinates"]
    if kind not in ("Point", "LineString") or (category is not None and kind not in category.geometry_kinds):
        faults.add("geometry.type", "this category takes another kind of place")
        return None
    positions = [coordinates] if kind == "Point" else coordinates
    if not isinstance(positions, list) or not 1 <= len(positions) <= MAX_LINE_POINTS:
        faults.add("geometry.coordinates", f"at most {MAX_LINE_POINTS} positions")
        return None
    points = [point for point in map(_position, positions) if point is not None]
    if len(points) < len(positions):
        faults.add("geometry.coordinates", "longitude, latitude in degrees, within ±180 and ±90")
        return None
    return _placed(kind, points, boundary, faults)


def _position(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    if any(type(number) not in (int, float) or not -180 <= number <= 180 for number in value):
        return None
    longitude, latitude = float(value[0]), float(value[1])
    if not (math.isfinite(longitude) and math.isfinite(latitude)) or abs(latitude) > 90:
        return None
    return longitude, latitude


def _placed(
    kind: str, points: list[tuple[float, float]], boundary: BaseGeometry, faults: _Faults
) -> BaseGeometry | None:
    field = "geometry.coordinates"
    if kind == "LineString" and len(set(points)) < 2:
        faults.add(field, "a stretch needs two different ends")
        return None
    geometry = shapely.Point(points[0]) if kind == "Point" else shapely.LineString(points)
    if not boundary.covers(geometry):
        faults.add(field, "must lie within the community")
        return None
    if kind == "LineString":
        if not geometry.is_simple:
            faults.add(field, "a stretch must not cross itself")
        elif geometry_to_metric(geometry, utm_epsg(*points[0])).length > MAX_LINE_M:
            faults.add(field, f"a stretch is at most {MAX_LINE_M:.0f} m long")
    return geometry
