"""What Open311 says in XML and JSON: answers, errors, and where the service is found.

Source: Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2/; service discovery,
http://wiki.open311.org/Service_Discovery/.
"""

import json
from typing import Any, Literal

from fastapi import Response

from mapping.errors import MappingError
from mapping.formats.open311 import open311_xml

ROOT, VERSION = "/open311", "v2"
Format = Literal["xml", "json"]
MEDIA_TYPES = {"xml": "text/xml", "json": "application/json"}
CHANGESET = "2026-11-24T00:00:00Z"  # when these routes last changed their shape
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_CONTACT = "Ask the working group of the community, or whoever runs this service: "
_KEYS = "A community gives keys to those who send reports to it; ask it, or whoever runs this service: "
_ERRORS_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "description"],
        "properties": {"code": {"type": "integer"}, "description": {"type": "string"}},
    },
}
ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "An error for each fault, in the form of Open311; nothing that was sent is echoed",
        "content": {MEDIA_TYPES["xml"]: {}, MEDIA_TYPES["json"]: {"schema": _ERRORS_SCHEMA}},
    }
}


def answer(form: Format, root: str, document: Any, status: int = 200) -> Response:
    """A document in the form that was asked for.

    Parameters
    ----------
    form : str
        xml or json.
    root : str
        Root element of the XML; JSON has none.
    document : list or dict
        What is said.
    status : int
        HTTP status.
    """
    is_json = form == "json"
    body = json.dumps(document, ensure_ascii=False).encode() if is_json else open311_xml(root, document)
    return Response(body, status, media_type=f"{MEDIA_TYPES[form]}; charset=utf-8")


def is_open311(path: str) -> bool:
    """Whether an address is one of Open311, whose errors have a form of their own."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def error_answer(path: str, error: MappingError) -> Response:
    """An error as Open311 says it: a list of code and description, in JSON where the address ends so, else in XML.

    Parameters
    ----------
    path : str
        Address that was asked.
    error : MappingError
        What is wrong; each of its fields becomes one error. What breaks a rule is 400 here, never 422.
    """
    status = 400 if error.status == 422 else error.status
    told = [f"{fault.field}: {fault.reason}" for fault in error.errors] or [f"{error.title}. {error.detail}"]
    document = [{"code": status, "description": words} for words in told]
    return answer("json" if path.endswith(".json") else "xml", "errors", document, status)


def discovery(base: str) -> dict[str, Any]:
    """Where the service is and what it speaks.

    Parameters
    ----------
    base : str
        Address of the server, without a slash at its end.
    """
    return {
        "changeset": CHANGESET,
        "contact": _CONTACT + base,
        "key_service": _KEYS + base,
        "endpoints": [
            {
                "specification": _SPECIFICATION,
                "url": f"{base}{ROOT}/{VERSION}",
                "changeset": CHANGESET,
                "type": "production",
                "formats": list(MEDIA_TYPES.values()),
            }
        ],
    }
