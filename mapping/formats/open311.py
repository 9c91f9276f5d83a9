"""Open311 (GeoReport v2): dumps of service requests read in JSON and XML, and documents written in XML.

Source: Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2/.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from mapping.errors import UnreadableFile
from mapping.layers.texts import REFUSED

FIELDS = frozenset({"service_request_id", "service_code", "description", "requested_datetime", "address", "lat", "long",
                    "status"})  # fmt: skip
ITEMS: Mapping[str, str] = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}


def read_requests_json(found: object) -> list[Any] | None:
    """The requests of a reply, known fields alone; None if it is something else.

    Parameters
    ----------
    found : object
        Any JSON value: a list of requests, or an object with `service_requests`.
    """
    if isinstance(found, dict) and set(found) <= {"service_requests"} and found:
        found = found["service_requests"]
    if not isinstance(found, list):
        return None
    return [_known(request) if isinstance(request, dict) else None for request in found]


def _known(request: dict[Any, Any]) -> dict[str, Any]:
    """Names and words about agencies and media are left behind; a reply may carry people's names and addresses."""
    return {name: request[name] for name in FIELDS if name in request}


def read_requests_xml(path: Path) -> Iterator[dict[str, Any]]:
    """The requests of a reply in XML, one after the other; entities and DTDs are refused.

    Parameters
    ----------
    path : Path
        With the root `service_requests`.

    Raises
    ------
    UnreadableFile
        If it is no XML, or of another kind.
    """
    depth, root = 0, None
    try:
        for event, element in iterparse(path, events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            if root is None:
                root = element
                if root.tag != "service_requests":
                    raise UnreadableFile(f"{path.name!r} holds no Open311 requests (root element service_requests).")
            if event == "end" and depth == 1:
                yield {part.tag: (part.text or "").strip() for part in element if part.tag in FIELDS}
                root.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise UnreadableFile(f"{path.name!r} cannot be read as XML; is it damaged, or does it bring a DTD?") from None


def open311_xml(root: str, document: object) -> bytes:
    """A document of Open311 as XML; what JSON says as null is an empty element.

    Parameters
    ----------
    root : str
        Name of its root element, such as `service_requests`.
    document : list or dict
        As it would be said in JSON; items of a list are named by `ITEMS`.
    """
    element = Element(root)
    _fill(element, document)
    written: bytes = tostring(element, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: Element, value: object) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _fill(SubElement(element, name), part)
    elif isinstance(value, list):
        for part in value:
            _fill(SubElement(element, ITEMS[element.tag]), part)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = REFUSED.sub("", str(value))  # XML 1.0 cannot hold most controls, not even escaped
