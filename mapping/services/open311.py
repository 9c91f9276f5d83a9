"""Requests of Open311 (GeoReport v2): released reports are told, and reports of other people's programs are taken.

What is read is read through the public role. Two need more: sending, which is `submit_report` as for everyone, and
asking with a token what became of a report.

Source: Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2/.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from mapping.errors import NotFound
from mapping.languages import Text
from mapping.layers.categories import CATEGORIES
from mapping.layers.states import CLOSED, STATUS
from mapping.layers.vocabulary import Tier
from mapping.services.api_keys import check_key
from mapping.services.emergency_numbers import read_numbers
from mapping.services.open311_services import OFFERED, call_first, find_jurisdiction, require_jurisdiction_id
from mapping.services.reports import submit_report
from mapping.store import open311, reports
from mapping.store.database import Database
from mapping.store.open311 import ReleasedRequest, RequestsQuery

DEFAULTS: Mapping[str, Any] = {"severity": 2, "when": "always"}  # as in an import, where nothing is said
DECIMALS = 6  # of degrees, as released places have
STATUSES: Mapping[str, tuple[str, ...]] = {
    "open": tuple(status for status in STATUS if status not in CLOSED),
    "closed": CLOSED,
}
_STATUS_NOTES: Mapping[str, Text] = {
    "open": Text("Nothing has been decided yet."),
    "planned": Text("It is planned."),
    "in_progress": Text("Work is under way."),
    "resolved": Text("It is resolved."),
    "closed_without_action": Text("Closed without action."),
    "reopened": Text("It was opened again."),
}
_MASKED = Text("The true place lies within %(radius)s m of this point; of the time only the month is told.")
_MONTH = Text("Of the time only the month is told.")
_SIMULATED = Text("This community is a demonstration: its marks may be invented.")
_WAITS = Text("It waits until the working group has looked at it; ask again with the token.")


@dataclass(frozen=True)
class RequestsFilter:
    """Which requests are asked for; `start` and `end` with time zone, `page` from 1."""

    start: datetime
    end: datetime
    service_codes: Sequence[str] | None
    statuses: Sequence[str] | None
    page: int
    page_size: int


@dataclass(frozen=True)
class SentRequest:
    """A request as a program sends it.

    Parameters
    ----------
    service_code : str
        What it is about.
    payload : mapping
        The report, as `layers.reports.read_report` takes it.
    device_id : str or None
        Whose it is, so that one person counts once; only a keyed hash of it is kept.
    idempotency_key : str or None
        The same again with the same key is the same report.
    """

    service_code: str
    payload: Mapping[str, Any]
    device_id: str | None
    idempotency_key: str | None


async def list_requests(
    engine: AsyncEngine, jurisdiction_id: str | None, asked: RequestsFilter, language: str
) -> list[dict[str, Any]]:
    """A page of released reports, newest first; dated by the first moment of the day or month that they tell.

    Raises
    ------
    InvalidParameter, NotFound
        As `find_jurisdiction`.
    """
    async with engine.connect() as connection:
        community = await find_jurisdiction(connection, jurisdiction_id)
        zone = ZoneInfo(community.time_zone)
        query = RequestsQuery(
            first=_first_day(asked.start, zone),
            last=asked.end.astimezone(zone).date(),
            categories=asked.service_codes,
            statuses=None if asked.statuses is None else [one for word in asked.statuses for one in STATUSES[word]],
            limit=asked.page_size,
            offset=(asked.page - 1) * asked.page_size,
        )
        rows = await open311.find_requests(connection, community.id, query)
    return [_request(row, zone, language) for row in rows]


async def find_requests(
    engine: AsyncEngine, jurisdiction_id: str | None, service_request_ids: Sequence[str], language: str
) -> list[dict[str, Any]]:
    """Released reports by their public ids; what is hidden, withdrawn or absent is left out alike.

    Raises
    ------
    InvalidParameter, NotFound
        As `find_jurisdiction`.
    """
    async with engine.connect() as connection:
        community = await find_jurisdiction(connection, jurisdiction_id)
        ids = [found for found in map(_uuid, service_request_ids) if found is not None]
        rows = await open311.find_by_ids(connection, community.id, ids)
    return [_request(row, ZoneInfo(community.time_zone), language) for row in rows]


def _first_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first day that begins at a moment or later."""
    day = moment.astimezone(zone).date()
    return day if datetime.combine(day, time(), zone) >= moment else day + timedelta(days=1)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _request(row: ReleasedRequest, zone: ZoneInfo, language: str) -> dict[str, Any]:
    day = row.observed_on if len(row.observed_on) == len("2026-11-24") else f"{row.observed_on}-01"
    notices = [_SIMULATED.get(language)] if row.is_simulated else []
    if row.tier == Tier.T1:
        words = _MONTH if row.radius_m is None else _MASKED
        notices.append(words.get(language, radius=round(row.radius_m or 0)))
    return {
        "service_request_id": str(row.id),
        "status": "closed" if row.status in CLOSED else "open",
        "status_notes": _STATUS_NOTES[row.status].get(language),
        "service_name": CATEGORIES[row.category].title.get(language),
        "service_code": row.category,
        "description": row.description,
        "agency_responsible": None,
        "service_notice": " ".join(notices) or None,
        "requested_datetime": datetime.fromisoformat(day).replace(tzinfo=zone).isoformat(),
        "updated_datetime": None,
        "expected_datetime": None,
        "address": row.place,
        "address_id": None,
        "zipcode": None,
        "lat": None if row.latitude is None else round(row.latitude, DECIMALS),
        "long": None if row.longitude is None else round(row.longitude, DECIMALS),
        "media_url": None,
    }


async def submit_request(
    database: Database, jurisdiction_id: str | None, api_key: str | None, sent: SentRequest, language: str
) -> tuple[dict[str, Any], str | None]:
    """Keep a report that a program sends; it waits for review as everyone's, so a token is the answer.

    Returns
    -------
    request : dict
        As Open311 answers.
    edit_token : str or None
        With which its maker withdraws it; told once.

    Raises
    ------
    InvalidInput
        If nothing says which community, or a field breaks a rule; nothing is written.
    NotFound
        If there is no such community.
    Forbidden
        If the key opens nothing there.
    Conflict
        If the idempotency key was used with other content, or the report was withdrawn.
    """
    slug = require_jurisdiction_id(jurisdiction_id)
    key_id = await check_key(database, slug, api_key)
    payload = {**DEFAULTS, **sent.payload}
    if sent.service_code not in OFFERED:  # refused below, with all else that is wrong; answers are to its questions
        payload |= {"category": None, "answers": None}
    numbers = await read_numbers(database, slug)  # before it is kept: nobody shall send it again because this failed
    report_id = uuid4() if sent.idempotency_key is None else _keyed_id(str(api_key), sent.idempotency_key)
    submitted = await submit_report(
        database,
        slug,
        report_id,
        payload,
        reporter_token=None if sent.device_id is None else _reporter_token(key_id, sent.device_id),
        channel="open311",
    )
    called = call_first(OFFERED[sent.service_code], language, numbers)
    notices = [*called, _WAITS.get(language)]
    answer = {"token": str(report_id), "service_notice": " ".join(notices), "account_id": None}
    return answer, submitted.edit_token


def _keyed_id(api_key: str, idempotency_key: str) -> UUID:
    """The report's id, which only the holder of the key can make again."""
    digest = hmac.digest(api_key.encode(), idempotency_key.encode(), hashlib.sha256)
    return UUID(bytes=digest[:16], version=4)


def _reporter_token(key_id: UUID, device_id: str) -> str:
    """A device of one program is no device of another's, whatever they call it."""
    return hashlib.sha256(f"{key_id}|{device_id}".encode("utf-8", "replace")).hexdigest()


async def find_token(database: Database, jurisdiction_id: str | None, token: str, language: str) -> dict[str, Any]:
    """What became of a report: its public id once it is released, else that it waits.

    Raises
    ------
    InvalidParameter
        If nothing says which community.
    NotFound
        If there is no such community or token, or its report is hidden, rejected or withdrawn: told alike.
    """
    report_id = _uuid(token)
    async with database.app.connect() as connection:
        community = await find_jurisdiction(connection, jurisdiction_id)
        report = None if report_id is None else await reports.find(connection, community.id, report_id)
    if report is None or report.channel != "open311" or report.tier == Tier.T2:
        raise NotFound("There is no such token.")
    if report.moderation == "submitted":
        return {"service_request_id": None, "token": str(report.id), "service_notice": _WAITS.get(language)}
    if report.moderation != "published" or report.public_id is None:
        raise NotFound("There is no such token.")
    return {"service_request_id": str(report.public_id), "token": str(report.id), "service_notice": None}
