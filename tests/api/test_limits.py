"""How much is taken from one phone or address, and proofs of work that count once, against a real database."""

import asyncio
import base64
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha
import httpx
import pytest
import sqlalchemy as sa

from mapping.app import create_app
from mapping.services import limits
from mapping.services.limits import Sender, due_of, forget_senders, sender_key
from mapping.services.proofs import make_challenge
from mapping.services.reports import submit_report
from mapping.settings import Settings
from mapping.store.database import Database, open_database
from tests.api.problems import assert_problem
from tests.factories import mark_form, new_id, report_payload
from tests.moderation import moderate_report

ADDRESS, NEIGHBOUR = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def tight(settings: Settings, exact_limits: datetime) -> Settings:
    """Little is taken, and exactly so much."""
    return settings.model_copy(
        update={"sent_without_proof": 2, "sent_per_phone": 3, "sent_per_address": 5, "proof_tries": 4}
    )


@asynccontextmanager
async def _from(address: str, settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests come from an address."""
    app = create_app(settings, database, with_worker=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


@pytest.fixture
async def phone(tight: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with _from(ADDRESS, tight, database) as opened:
        yield opened


def _solved(challenge: dict[str, Any]) -> str:
    known = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(known)
    assert solution is not None
    return altcha.Payload(known, solution).to_base64()


async def _proof(client: httpx.AsyncClient, town: str) -> str:
    answer = await client.get(f"/api/communities/{town}/challenge")
    assert answer.headers["cache-control"] == "no-store"
    return _solved(answer.json())


async def _send(
    client: httpx.AsyncClient, town: str, proof: str | None = None, token: str | None = None, **changes: Any
) -> httpx.Response:
    headers = {"Proof-Of-Work": proof, "Reporter-Token": token}
    return await client.put(
        f"/api/communities/{town}/reports/{new_id()}",
        json=report_payload(**changes),
        headers={name: value for name, value in headers.items() if value is not None},
    )


def _status(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["proof-of-work-status"]


async def test_without_proof_an_address_is_limited_until_the_hour_ends(
    phone: httpx.AsyncClient,
    tight: Settings,
    database: Database,
    town: str,
    exact_limits: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [_status(await _send(phone, town)) for _ in range(2)] == [(201, "none")] * 2
    path, payload = f"/api/communities/{town}/reports/{new_id()}", report_payload()
    refused = await phone.put(path, json=payload)
    assert_problem(refused, 429)
    assert refused.headers["proof-of-work-status"] == "none"
    ends = datetime.now(UTC) + timedelta(seconds=int(refused.headers["retry-after"]))
    assert abs(ends - exact_limits - timedelta(hours=1)) < timedelta(minutes=1), "the hour's end, whoever sent when"
    async with _from(NEIGHBOUR, tight, database) as neighbour:
        assert _status(await _send(neighbour, town)) == (201, "none")
    monkeypatch.setattr(limits, "window_begins", lambda: exact_limits + timedelta(hours=1))
    assert (await phone.put(path, json=payload)).status_code == 201
    assert (await _send(phone, town)).status_code == 201
    assert (await _send(phone, town)).status_code == 429


async def test_a_known_report_is_taken_again_however_often(phone: httpx.AsyncClient, town: str) -> None:
    path, body = f"/api/communities/{town}/reports/{new_id()}", report_payload()
    token = (await phone.put(path, json=body)).json()["edit_token"]
    for _ in range(20):
        assert _status(await phone.put(path, json=body)) == (200, "none")
        assert _status(await phone.put(path, json=body, headers={"Edit-Token": token})) == (200, "none")
    assert (await _send(phone, town)).status_code == 201
    assert (await _send(phone, town)).status_code == 429
    assert (await phone.put(path, json=body)).status_code == 200
    changed = report_payload(severity=1)
    assert_problem(await phone.put(path, json=changed, headers={"Edit-Token": token}), 429)
    assert (await phone.delete(path, headers={"Edit-Token": token})).status_code == 204


async def test_twenty_sends_of_one_report_at_once_are_one(phone: httpx.AsyncClient, town: str) -> None:
    path = f"/api/communities/{town}/reports/{new_id()}"
    answers = await asyncio.gather(*(phone.put(path, json=report_payload()) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert (await _send(phone, town)).status_code == 201


async def test_with_proof_a_phone_may_send_more_and_so_may_an_address(phone: httpx.AsyncClient, town: str) -> None:
    for _ in range(3):
        assert _status(await _send(phone, town, await _proof(phone, town), "a" * 32)) == (201, "accepted")
    proof = await _proof(phone, town)
    refused = await _send(phone, town, proof, "a" * 32)
    assert _status(refused) == (429, "accepted")
    assert _status(await _send(phone, town, proof, "b" * 32)) == (201, "accepted"), "refused, a proof is not spent"
    assert _status(await _send(phone, town, await _proof(phone, town))) == (201, "accepted")
    assert _status(await _send(phone, town, await _proof(phone, town), "c" * 32)) == (429, "accepted")
    assert _status(await _send(phone, town)) == (201, "none"), "the loose limit counts for itself"


async def test_a_proof_is_spent_once_across_servers(
    phone: httpx.AsyncClient, tight: Settings, database: Database, town: str
) -> None:
    proof = await _proof(phone, town)
    assert _status(await _send(phone, town, proof)) == (201, "accepted")
    other = open_database(
        tight.model_copy(update={"database_url": Settings(database_url=database.owner_url).database_url})
    )
    try:
        async with _from(NEIGHBOUR, tight, other) as elsewhere:
            assert _status(await _send(elsewhere, town, proof)) == (201, "spent")
    finally:
        await other.close()


async def test_of_twenty_uses_at_once_one_counts(
    settings: Settings, tight: Settings, database: Database, town: str
) -> None:
    loose = tight.model_copy(update={"sent_without_proof": 100})
    async with _from(ADDRESS, loose, database) as phone:
        proof = await _proof(phone, town)
        answers = await asyncio.gather(*(_send(phone, town, proof) for _ in range(20)))
    assert sorted(_status(answer) for answer in answers) == [(201, "accepted")] + [(201, "spent")] * 19


async def test_the_same_answer_in_other_bytes_is_the_same(phone: httpx.AsyncClient, town: str) -> None:
    proof = await _proof(phone, town)
    assert _status(await _send(phone, town, proof)) == (201, "accepted")
    content = json.loads(base64.b64decode(proof))
    content["solution"]["time"] = 7
    content["solution"]["derivedKey"] = content["solution"]["derivedKey"].upper()
    content["challenge"]["parameters"]["extra"] = 1
    again = base64.b64encode(json.dumps(content, indent=2).encode()).decode()
    assert _status(await _send(phone, town, again)) == (201, "spent")


async def test_what_is_no_proof_counts_as_none(
    phone: httpx.AsyncClient, tight: Settings, database: Database, town: str, other_town: str
) -> None:
    expired = _solved(await make_challenge(database, town, tight.model_copy(update={"proof_lifetime_s": -5})))
    prolonged = json.loads(base64.b64decode(expired))
    prolonged["challenge"]["parameters"]["expiresAt"] += 3600
    unsolved = json.loads(base64.b64decode(await _proof(phone, town)))
    unsolved["solution"]["derivedKey"] = "00" * 32
    wrong: list[object] = [prolonged, unsolved, [], {"challenge": 1}]
    proofs = [
        expired,
        await _proof(phone, other_town),
        *(base64.b64encode(json.dumps(one).encode()).decode() for one in wrong),
        "no base64 at all",
        "",
        "A" * 5000,
        base64.b64encode(b"[" * 1400).decode(),
    ]
    loose = tight.model_copy(update={"sent_without_proof": len(proofs)})
    async with _from(NEIGHBOUR, loose, database) as sending:
        for proof in proofs:
            assert _status(await _send(sending, town, proof)) == (201, "invalid")
        assert _status(await _send(sending, town, proofs[0])) == (429, "invalid")


async def test_confirmations_are_limited_and_a_repeated_one_is_not(
    phone: httpx.AsyncClient, database: Database, town: str
) -> None:
    report_id = new_id()
    await submit_report(database, town, report_id, report_payload())
    report = await moderate_report(database, town, report_id, "publish", actor="test")
    path, said = f"/api/communities/{town}/reports/{report.public_id}/confirmations", {"kind": "seen_too"}

    async def say(person: str, proof: str | None = None) -> httpx.Response:
        headers = {"Reporter-Token": person * 32} | ({} if proof is None else {"Proof-Of-Work": proof})
        return await phone.post(path, json={**said, "id": str(new_id())}, headers=headers)

    assert [_status(await say(person)) for person in "aaaabb"] == [(200, "none")] * 6
    refused = await say("c")
    assert_problem(refused, 429)
    answer = await say("c", await _proof(phone, town))
    assert (_status(answer), answer.json()["seen_too"]) == ((200, "accepted"), 3)


async def test_the_form_says_in_words_that_it_is_too_much(phone: httpx.AsyncClient, town: str) -> None:
    for _ in range(2):
        assert (await phone.post(f"/en/c/{town}/mark", data=mark_form())).status_code == 200
    for language, words in (("en", "Yours is not lost"), ("uk", "Ваша не загубиться")):
        fields = mark_form(place="by the <old> mill")
        refused = await phone.post(f"/{language}/c/{town}/mark", data=fields)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert words in refused.text
        assert "by the &lt;old&gt; mill" in refused.text


async def test_a_page_says_that_too_much_was_said(phone: httpx.AsyncClient, database: Database, town: str) -> None:
    report_id = new_id()
    await submit_report(database, town, report_id, report_payload())
    report = await moderate_report(database, town, report_id, "publish", actor="test")
    answers = [
        await phone.post(f"/uk/c/{town}/report/{report.public_id}", data={"kind": "seen_too", "said_id": str(new_id())})
        for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 3600
    assert "Забагато за раз" in answers[2].text


async def test_imports_and_mobilizers_are_not_limited(tight: Settings, database: Database, town: str) -> None:
    for _ in range(4):
        assert (await submit_report(database, town, new_id(), report_payload(), channel="assisted")).is_new


async def test_no_address_is_kept_told_or_logged(
    phone: httpx.AsyncClient, database: Database, town: str, community_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [await _send(phone, town, token="t" * 32) for _ in range(3)]
        answers.append(await _send(phone, town, await _proof(phone, town), "t" * 32))
    assert [answer.status_code for answer in answers] == [201, 201, 429, 201]
    for told in (caplog.text, *(answer.text + str(answer.headers) for answer in answers)):
        assert ADDRESS not in told
        assert "t" * 32 not in told
    async with database.app.connect() as opened:
        rows = (
            await opened.execute(
                sa.text("SELECT to_jsonb(allowances)::text, sender FROM mapping.allowances WHERE community_id = :id"),
                {"id": community_id},
            )
        ).all()
    assert len(rows) == 3
    assert all(ADDRESS not in text and len(sender) == 16 for text, sender in rows)


def test_the_key_of_a_sender_changes_hourly_and_with_the_community() -> None:
    hours = [datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in (1, 2)]
    assert len({sender_key(secret, ADDRESS, hour)[0] for secret in (b"a" * 32, b"b" * 32) for hour in hours}) == 4


def test_the_room_of_an_address_holds_for_its_hour_and_is_uneven(settings: Settings) -> None:
    sender, begins = Sender(ADDRESS, None, settings), limits.window_begins()
    assert (begins.minute, begins.second, begins.microsecond) == (0, 0, 0)

    def room(hour: datetime) -> int:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(limits, "window_begins", lambda: hour)
            (taken,) = due_of(b"a" * 32, sender, None).claim.others.values()
        return taken

    hours = [begins + timedelta(hours=hour) for hour in range(2_000)]
    rooms = [room(hour) for hour in hours]
    assert rooms[:20] == [room(hour) for hour in hours[:20]]
    assert set(rooms) == set(range(30, 61))
    assert max(Counter(rooms).values()) < 2 * len(rooms) / 31, "each as likely as the others"


async def test_addresses_of_one_household_are_one(tight: Settings, database: Database, town: str) -> None:
    statuses = []
    for address in ("2001:db8::1", "2001:db8::2:1", "2001:db8::ffff", "2001:db8:0:1::1", "::ffff:203.0.113.9"):
        async with _from(address, tight, database) as phone:
            statuses.append((await _send(phone, town)).status_code)
    assert statuses == [201, 201, 429, 201, 201]


async def test_what_is_over_is_forgotten(
    phone: httpx.AsyncClient, database: Database, town: str, community_id: int
) -> None:
    await _send(phone, town, await _proof(phone, town), "a" * 32)
    await _send(phone, town)
    counted = sa.text(
        """SELECT (SELECT count(*) FROM mapping.allowances WHERE community_id = :id),
            (SELECT count(*) FROM mapping.spent_proofs WHERE community_id = :id)"""
    )
    owned = {"id": community_id}
    await forget_senders(database)
    async with database.app.begin() as opened:
        assert (await opened.execute(counted, owned)).one() == (3, 1)
        for table, column in (("allowances", "ends"), ("spent_proofs", "expires_at")):
            await opened.execute(
                sa.text(f"UPDATE mapping.{table} SET {column} = now() - interval '1 s' WHERE community_id = :id"), owned
            )
    assert await forget_senders(database) >= 4
    async with database.app.connect() as opened:
        assert (await opened.execute(counted, owned)).one() == (0, 0)


@pytest.mark.parametrize("slug", ["nowhere", "%00"])
async def test_there_is_no_challenge_of_no_community(phone: httpx.AsyncClient, slug: str) -> None:
    assert_problem(await phone.get(f"/api/communities/{slug}/challenge"), 404)
