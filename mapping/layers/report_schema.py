"""A report on the wire as JSON Schema, made from the vocabulary and the limits that `read_report` keeps."""

from typing import Any

from mapping.layers.categories import CATEGORIES
from mapping.layers.reports import MAX_DESCRIPTION, MAX_GROUP, MAX_LINE_POINTS, MAX_PLACE
from mapping.layers.vocabulary import AFFECTED, WHEN

_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


def report_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the body that `PUT …/reports/{uuid}` takes.

    Returns
    -------
    dict
        Rules that a schema cannot tell (within the community, no stretch over 2 km, answers by category) are said
        in the descriptions; the answer 422 names the field.
    """
    consents = {
        "store": "It may be kept. Must be true.",
        "working_group": "The working group may read it.",
        "police": "The police may read it.",
        "publish": "What its tier allows may be shown to everyone.",
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["category", "severity", "when", "consents"],
        "anyOf": [{"required": ["geometry"]}, {"required": ["place"]}],
        "properties": {
            "category": {"type": "string", "enum": list(CATEGORIES)},
            "geometry": {
                "description": "Longitude, latitude in degrees, EPSG:4326, within the community.",
                "oneOf": [
                    {"type": "null"},
                    {
                        "type": "object",
                        "required": ["type", "coordinates"],
                        "properties": {"type": {"const": "Point"}, "coordinates": _POSITION},
                    },
                    {
                        "type": "object",
                        "required": ["type", "coordinates"],
                        "properties": {
                            "type": {"const": "LineString"},
                            "coordinates": {
                                "type": "array",
                                "items": _POSITION,
                                "minItems": 2,
                                "maxItems": MAX_LINE_POINTS,
                            },
                        },
                    },
                ],
            },
            "place": {"type": ["string", "null"], "maxLength": MAX_PLACE, "description": "The place in words."},
            "severity": {"type": "integer", "minimum": 1, "maximum": 4},
            "when": {"type": "string", "enum": list(WHEN)},
            "affected": {"type": "array", "items": {"enum": list(AFFECTED)}, "uniqueItems": True},
            "description": {"type": ["string", "null"], "maxLength": MAX_DESCRIPTION},
            "answers": {"type": "object", "description": "Answers to the category's questions, by question code."},
            "observed_at": {"type": ["string", "null"], "format": "date-time", "description": "With time zone."},
            "reporter_group": {
                "type": ["string", "null"],
                "maxLength": MAX_GROUP,
                "description": "Kept apart, for checking balance only.",
            },
            "consents": {
                "type": "object",
                "additionalProperties": False,
                "required": list(consents),
                "properties": {name: {"type": "boolean", "description": meaning} for name, meaning in consents.items()},
            },
        },
    }


def report_feature_schema(layer: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a report that is sent as a GeoJSON feature of a layer.

    Parameters
    ----------
    layer : str
        To which its category has to belong.

    Returns
    -------
    dict
        The properties are those of a report, and the community; the geometry lies beside them.
    """
    report = report_schema()
    told = dict(report["properties"])
    geometry = told.pop("geometry")
    codes = [code for code, category in CATEGORIES.items() if category.layer == layer]
    told["category"] = {"type": "string", "enum": codes}
    told["community"] = {"type": "string", "description": "Short name of the community."}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "const": "Feature"},
            "id": {
                "type": "string",
                "format": "uuid",
                "description": "Made by the sender; sent twice, it is kept once.",
            },
            "geometry": geometry,
            "properties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["community", *report["required"]],
                "properties": told,
            },
        },
    }
