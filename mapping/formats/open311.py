"""Dumps of service requests as Open311 servers give them (GeoReport v2), in JSON and XML.

Source: Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2/ (GET service requests).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from mapping.errors import UnreadableFile

FIELDS = frozenset({"service_request_id", "service_code", "description", "requested_datetime", "address", "lat", "long",
                    "status"})  # fmt: skip


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
