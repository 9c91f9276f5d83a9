"""Reports that are sent at the same time are kept by one statement, and each is answered for itself."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa

from mapping.errors import Conflict, MappingError, NotFound, TooMany
from mapping.services.limits import Sender
from mapping.services.own_reports import withdraw_report
from mapping.services.reports import SubmittedReport, submit_report
from mapping.settings import Settings
from mapping.store import bare, reports
from mapping.store.batches import Batches
from mapping.store.communities import find_with_secrets
from mapping.store.database import Database
from mapping.store.reports import Submission, Submitted
from tests.factories import new_id, report_payload


@pytest.fixture
def batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many reports were kept together, statement by statement."""
    seen: list[int] = []
    submit = reports.submit

    async def noting(rows: Any, sent: Sequence[Submission]) -> list[Submitted]:
        seen.append(len(sent))
        return await submit(rows, sent)

    monkeypatch.setattr(reports, "submit", noting)
    monkeypatch.setattr(database, "submissions", Batches(at_once=1))
    return seen


async def kept(database: Database, community_id: int) -> dict[UUID, int]:
    """The lines of history of each report."""
    lines = sa.text("SELECT report_id, count(*) FROM mapping.report_revisions WHERE community_id = :id GROUP BY 1")
    async with database.app.connect() as connection:
        return {row[0]: row[1] for row in await connection.execute(lines, {"id": community_id})}


@pytest.mark.usefixtures("exact_limits")
async def test_each_is_answered_for_itself(
    database: Database, settings: Settings, town: str, community_id: int, batches: list[int]
) -> None:
    erased, known, again = new_id(), new_id(), report_payload(place="by the school")
    sent = await submit_report(database, town, erased, report_payload())
    assert sent.edit_token is not None
    await withdraw_report(database, town, erased, sent.edit_token)
    await submit_report(database, town, known, again)
    batches.clear()
    tight = Sender("203.0.113.9", None, settings.model_copy(update={"sent_without_proof": 1}))
    new = [new_id() for _ in range(4)]
    answers = await asyncio.gather(
        submit_report(database, town, new[0], report_payload(severity=1)),
        submit_report(database, town, erased, report_payload()),
        submit_report(database, town, known, again),
        submit_report(database, town, known, report_payload(place="elsewhere")),
        submit_report(database, town, new[1], report_payload(severity=2), sender=tight),
        submit_report(database, town, new[2], report_payload(severity=2), sender=tight),
        submit_report(database, town, new[3], report_payload(severity=4, reporter_group="pupils")),
        return_exceptions=True,
    )
    assert max(batches) > 1
    first, gone, same, other, *limited, last = answers
    assert isinstance(first, SubmittedReport)
    assert first.is_new
    assert first.report["severity"] == 1
    assert isinstance(gone, Conflict)
    assert isinstance(same, SubmittedReport)
    assert not same.is_new
    assert same.report["place"] == "by the school"
    assert isinstance(other, Conflict)
    assert {type(one) for one in limited} == {SubmittedReport, TooMany}
    assert isinstance(last, SubmittedReport)
    assert last.report["severity"] == 4
    taken = next(id_ for id_, one in zip(new[1:3], limited, strict=True) if isinstance(one, SubmittedReport))
    assert await kept(database, community_id) == dict.fromkeys([new[0], known, taken, new[3]], 1)


@pytest.mark.usefixtures("exact_limits")
async def test_those_kept_again_one_by_one_are_counted_once(
    database: Database, settings: Settings, town: str, batches: list[int]
) -> None:
    """One that is erased undoes the others of its statement first; what they had counted is undone too."""
    sender = Sender("203.0.113.10", None, settings.model_copy(update={"sent_without_proof": 4}))
    erased = new_id()
    sent = await submit_report(database, town, erased, report_payload())
    assert sent.edit_token is not None
    await withdraw_report(database, town, erased, sent.edit_token)
    batches.clear()
    answers = await asyncio.gather(
        *(submit_report(database, town, id_, report_payload(), sender=sender)
          for id_ in (new_id(), new_id(), new_id(), erased)),
        return_exceptions=True,
    )  # fmt: skip
    assert max(batches) > 1
    assert [type(one) for one in answers] == [SubmittedReport] * 3 + [Conflict]
    await submit_report(database, town, new_id(), report_payload(), sender=sender)
    with pytest.raises(TooMany):
        await submit_report(database, town, new_id(), report_payload(), sender=sender)


async def test_towns_that_are_there_and_that_are_not_are_found_together(database: Database, town: str) -> None:
    here, nowhere, impossible = await find_with_secrets(database.writer, [town, "nowhere", "No Slug"])
    assert here is not None
    assert here[0].slug == town
    assert nowhere is impossible is None
    answers = await asyncio.gather(
        *(submit_report(database, slug, new_id(), report_payload()) for slug in (town, "nowhere", town, "no\x00slug")),
        return_exceptions=True,
    )
    assert [type(one) for one in answers] == [SubmittedReport, NotFound, SubmittedReport, NotFound]


async def test_one_that_cannot_be_kept_takes_none_of_the_others(
    database: Database, town: str, community_id: int, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the database itself refuses fails the statement; then each is tried alone."""
    document, poisoned = Submission.document, new_id()

    def with_poison(self: Submission, *places: str | None) -> dict[str, Any]:
        told = document(self, *places)
        if self.report.id == poisoned:
            told["report"]["severity"] = 99
        return told

    monkeypatch.setattr(Submission, "document", with_poison)
    good = [new_id() for _ in range(5)]
    answers = await asyncio.gather(
        *(submit_report(database, town, id_, report_payload()) for id_ in [*good[:3], poisoned, *good[3:]]),
        return_exceptions=True,
    )
    assert max(batches) > 1
    failed = [answer for answer in answers if not isinstance(answer, SubmittedReport)]
    assert len(failed) == 1
    assert not isinstance(failed[0], MappingError)
    assert await kept(database, community_id) == dict.fromkeys(good, 1)


async def test_the_same_report_sent_many_times_at_once_is_kept_once(
    database: Database, town: str, community_id: int, batches: list[int]
) -> None:
    report_id, payload = new_id(), report_payload()
    answers = await asyncio.gather(*(submit_report(database, town, report_id, payload) for _ in range(12)))
    assert max(batches) > 1
    assert sum(answer.is_new for answer in answers) == 1
    assert await kept(database, community_id) == {report_id: 1}


async def test_an_answer_that_is_lost_on_the_way_from_the_database_loses_no_token(
    database: Database, town: str, community_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the report was kept, and the same statement is sent again."""
    first_row = bare._first_row
    broken: list[int] = []

    async def breaking(connection: Any, statement: str, values: Any) -> Any:
        row = await first_row(connection, statement, values)
        if "submit_report" in statement and not broken:
            broken.append(1)
            raise asyncpg.ConnectionDoesNotExistError
        return row

    monkeypatch.setattr(bare, "_first_row", breaking)
    report_id = new_id()
    sent = await submit_report(database, town, report_id, report_payload())
    assert broken
    assert sent.is_new
    assert sent.edit_token is not None
    assert await kept(database, community_id) == {report_id: 1}
    await withdraw_report(database, town, report_id, sent.edit_token)


async def test_schools_that_send_at_the_same_time_do_not_stop_one_another(
    database: Database, settings: Settings, town: str, community_id: int
) -> None:
    """Two servers over one database, three networks, phones of their own: in one order, so that no lock is crossed."""
    other = replace(database, submissions=Batches(at_once=1))
    much = settings.model_copy(update={"sent_without_proof": 10_000})
    deadlocks = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    async with database.app.connect() as connection:
        before = await connection.scalar(deadlocks)

    async def send(number: int) -> SubmittedReport:
        sender = Sender(f"203.0.113.{number % 3}", None, much)
        served, token = (database, other)[number % 2], secrets.token_urlsafe(24)
        return await submit_report(served, town, new_id(), report_payload(), sender=sender, reporter_token=token)

    for _ in range(10):
        assert all(sent.is_new for sent in await asyncio.gather(*map(send, range(32))))
    async with database.app.connect() as connection:
        await connection.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
        assert await connection.scalar(deadlocks) == before


async def test_every_column_is_kept_as_it_was_sent(
    database: Database, town: str, community_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function of the database names the columns once more: none may be left out or mistaken for another."""
    sent: list[Submission] = []
    submit = reports.submit

    async def noting(rows: Any, asked: Sequence[Submission]) -> list[Submitted]:
        sent.extend(asked)
        return await submit(rows, asked)

    monkeypatch.setattr(reports, "submit", noting)
    line = {"type": "LineString", "coordinates": [[24.9443, 60.1715], [24.9451, 60.1719]]}
    payload = report_payload(
        category="no_lamps",
        geometry=line,
        place="by the mill",
        description="не видно",
        affected=["women", "children"],
        observed_at="2026-03-04T05:06:07.089+02:00",
    )
    for changed in (payload, report_payload(category="harassment"), report_payload(geometry=..., place="in words")):
        report_id = new_id()
        await submit_report(database, town, report_id, changed, reporter_token="t" * 30)
        async with database.app.connect() as connection:
            assert await reports.find(connection, community_id, report_id) == sent[-1].report
