"""The parameters and the form of Open311, read as GeoReport v2 says; faults in its own names, and none is echoed.

Source: Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2/ (GET and POST service requests).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import FormData, QueryParams

from mapping.api.forms import degrees
from mapping.errors import FieldError, InvalidInput, InvalidParameter
from mapping.languages import LANGUAGES
from mapping.services.open311 import STATUSES, RequestsFilter, SentRequest
from mapping.services.open311_services import OFFERED

SPAN = timedelta(days=90)
MAX_PAGE_SIZE, MAX_REQUESTS = 1000, 100_000
MAX_FIELDS = 100
MAX_IDEMPOTENCY_KEY = 200
NEEDED_SERVICE = "is needed: one of those that services.xml lists"
UNKNOWN_SERVICE = "is not known: must be one of those that services.xml lists, or several with commas between"
_YEARS = range(1900, 2200)
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]*)\](?:\[\])?")
_OWN = ("severity", "when", "affected")
_NAMES: Mapping[str, str] = {
    "category": "service_code",
    "geometry": "lat and long, or address_string",
    "geometry.coordinates": "lat and long",
    "place": "address_string",
    **{name: f"attribute[{name}]" for name in _OWN},
    "answers": "attribute",
}
# A service's description says what everyone will see; whoever gives a key has its holder show that (see the how-to).
_CONSENTS = {"store": True, "working_group": True, "police": False, "publish": True}


@dataclass(frozen=True)
class SentForm:
    """What came with a POST: where to, by whose key, and the request."""

    jurisdiction_id: str | None
    api_key: str | None
    request: SentRequest


def _refused(name: str, reason: str) -> InvalidParameter:
    return InvalidParameter("A parameter cannot be used.", [FieldError(name, reason)])


def read_language(asked: str) -> str:
    """The language that is asked for.

    Raises
    ------
    InvalidParameter
        If it is none of ours.
    """
    if asked not in LANGUAGES:
        raise _refused("lang", "one of " + ", ".join(LANGUAGES))
    return asked


def read_ids(text: str) -> list[str]:
    """Ids with commas between.

    Raises
    ------
    InvalidParameter
        If there are too many.
    """
    ids = [part.strip() for part in text.split(",")]
    if len(ids) > MAX_PAGE_SIZE:
        raise _refused("service_request_id", f"at most {MAX_PAGE_SIZE} at once")
    return ids


def read_filter(parameters: QueryParams, now: datetime) -> RequestsFilter:
    """What is asked of the list of requests; without dates, the last 90 days.

    Parameters
    ----------
    parameters : QueryParams
        Of the address; unknown ones are passed over, as the standard's servers do.
    now : datetime
        With time zone.

    Raises
    ------
    InvalidParameter
        If one cannot be used.
    """
    start, end = _moment(parameters, "start_date"), _moment(parameters, "end_date")
    start = start or (end or now) - SPAN
    end = end or start + SPAN
    if not timedelta(0) <= end - start <= SPAN:
        raise _refused("end_date", f"must follow start_date by at most {SPAN.days} days")
    page = _whole(parameters, "page", 1)
    page_size = min(_whole(parameters, "page_size", MAX_PAGE_SIZE), MAX_PAGE_SIZE)
    if page * page_size > MAX_REQUESTS:
        raise _refused("page", f"at most {MAX_REQUESTS} requests can be paged through; ask for a shorter span of time")
    return RequestsFilter(
        start=start,
        end=end,
        service_codes=_codes(parameters, "service_code", OFFERED, UNKNOWN_SERVICE),
        statuses=_codes(parameters, "status", STATUSES, "must be open or closed"),
        page=page,
        page_size=page_size,
    )


def _codes(parameters: QueryParams, name: str, known: Mapping[str, Any], reason: str) -> list[str] | None:
    text = parameters.get(name)
    if not text:
        return None
    codes = [part.strip() for part in text.split(",")]
    if any(code not in known for code in codes):
        raise _refused(name, reason)
    return codes


def _whole(parameters: QueryParams, name: str, otherwise: int) -> int:
    text = parameters.get(name)
    if not text:
        return otherwise
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
        raise _refused(name, "must be a whole number, 1 or more")
    return int(text)


def _moment(parameters: QueryParams, name: str) -> datetime | None:
    text = parameters.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text) if len(text) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
        raise _refused(name, "a date and time with its zone, such as 2026-11-24T00:00:00Z; a plus is written %2B")
    return moment


def read_sent(form: FormData, key_header: str | None, idempotency_key: str | None) -> SentForm:
    """A request as it is sent. Who sends it is not read: e-mail, names and phone numbers are not kept.

    Parameters
    ----------
    form : FormData
        Parsed body; unknown fields are passed over.
    key_header : str, optional
        The key, where it is not in the form.
    idempotency_key : str, optional
        Of the header.

    Raises
    ------
    InvalidInput
        If the idempotency key cannot be used.
    """
    if idempotency_key is not None and not re.fullmatch(rf"[ -~]{{1,{MAX_IDEMPOTENCY_KEY}}}", idempotency_key):
        raise InvalidInput(
            "It cannot be told apart.",
            [FieldError("Idempotency-Key", f"1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters")],
        )
    latitude, longitude, code = (_text(form, name) or "" for name in ("lat", "long", "service_code"))
    coordinates = [degrees(longitude), degrees(latitude)]
    attributes = _attributes(form)
    payload = {
        "category": code,
        "geometry": {"type": "Point", "coordinates": coordinates} if latitude or longitude else None,
        "place": " ".join((_text(form, "address_string") or "").split()) or None,
        "description": _text(form, "description"),
        **{name: attributes.pop(name) for name in _OWN if name in attributes},
        "answers": attributes,
        "consents": dict(_CONSENTS),
    }
    sent = SentRequest(code, payload, _text(form, "device_id"), idempotency_key)
    return SentForm(_text(form, "jurisdiction_id"), _text(form, "api_key") or key_header, sent)


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return (value.strip() or None) if isinstance(value, str) else None


def _attributes(form: FormData) -> dict[str, Any]:
    """Answers by code: one each, a list of who is affected, and severity as the number it is."""
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name.startswith("attribute[") and isinstance(value, str) and value:
            is_named = _ATTRIBUTE.fullmatch(name)
            found.setdefault(is_named[1] if is_named else "", []).append(value)
    told: dict[str, Any] = {code: values[0] if len(values) == 1 else values for code, values in found.items()}
    if "affected" in found:
        told["affected"] = found["affected"]
    if re.fullmatch("[1-4]", str(told.get("severity"))):
        told["severity"] = int(told["severity"])
    return told


def in_sent_names(error: InvalidInput) -> InvalidInput:
    """The same faults, under the names in which the form has its fields."""

    def name(field: str) -> str:
        return (
            f"attribute[{field.removeprefix('answers.')}]" if field.startswith("answers.") else _NAMES.get(field, field)
        )

    def reason(fault: FieldError) -> str:
        return NEEDED_SERVICE if fault.field == "category" else fault.reason

    return InvalidInput(error.detail, [FieldError(name(fault.field), reason(fault)) for fault in error.errors])
