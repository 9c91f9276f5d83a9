"""Open311 over HTTP: sending with a community's key, without one and with another's; tokens, and bad input."""

import logging
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from defusedxml.ElementTree import fromstring

from mapping.services.api_keys import add_key
from mapping.services.emergency_numbers import set_numbers
from mapping.store.database import Database
from tests.api.open311 import FORM, V2, assert_errors, send_request, told_requests
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


@pytest.fixture
async def key(database: Database, town: str) -> str:
    return await add_key(database, town, "city app")


async def _stored(database: Database, token: str) -> sa.RowMapping:
    async with database.app.connect() as connection:
        rows = await connection.execute(sa.text("SELECT * FROM mapping.reports WHERE id = :id"), {"id": token})
        return rows.mappings().one()


async def test_a_request_waits_and_its_token_tells_the_public_id(
    client: httpx.AsyncClient, database: Database, town: str, key: str
) -> None:
    answer = await send_request(client, town, key)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    (kept,) = answer.json()
    assert set(kept) == {"token", "service_notice", "account_id"}
    token = f"{V2}/tokens/{kept['token']}.json?jurisdiction_id={town}"
    (waiting,) = (await client.get(token)).json()
    assert (waiting["token"], waiting["service_request_id"]) == (kept["token"], None)
    assert await told_requests(client, town) == []
    report = await moderate_report(database, town, UUID(kept["token"]), "publish", actor="test")
    (known,) = (await client.get(token)).json()
    assert known["service_request_id"] == str(report.public_id) != kept["token"]
    (told,) = await told_requests(client, town, f"service_request_id={known['service_request_id']}")
    assert told["description"] == FORM["description"]
    stored = await _stored(database, kept["token"])
    assert (stored["channel"], stored["severity"], stored["when_seen"]) == ("open311", 2, "always")


async def test_xml_answers_with_the_token(client: httpx.AsyncClient, town: str, key: str) -> None:
    root = fromstring((await send_request(client, town, key, "xml")).content)
    assert root.tag == "service_requests"
    assert root[0].tag == "request"
    assert UUID(root[0].findtext("token"))


async def test_hidden_rejected_withdrawn_and_unknown_tokens_are_told_alike(
    client: httpx.AsyncClient, database: Database, town: str, other_town: str, key: str
) -> None:
    unknown = await client.get(f"{V2}/tokens/{new_id()}.json?jurisdiction_id={town}")
    assert_errors(unknown, 404)
    gone = []
    for actions in (["publish", "hide"], ["reject"]):
        token = (await send_request(client, town, key)).json()[0]["token"]
        for action in actions:
            await moderate_report(database, town, UUID(token), action, actor="test")
        gone.append(token)
    sent = await send_request(client, town, key)
    withdrawn = sent.json()[0]["token"]
    headers = {"Edit-Token": sent.headers["edit-token"]}
    assert (await client.delete(f"/api/communities/{town}/reports/{withdrawn}", headers=headers)).status_code == 204
    confidential = new_id()
    payload = report_payload(category="gender_based_violence")
    assert (await client.put(f"/api/communities/{town}/reports/{confidential}", json=payload)).status_code == 201
    for token in (*gone, withdrawn, confidential, "nonsense", "%00"):
        answer = await client.get(f"{V2}/tokens/{token}.json?jurisdiction_id={town}")
        assert (answer.status_code, answer.content) == (404, unknown.content)
    waiting = (await send_request(client, town, key)).json()[0]["token"]
    answer = await client.get(f"{V2}/tokens/{waiting}.json?jurisdiction_id={other_town}")
    assert (answer.status_code, answer.content) == (404, unknown.content)


async def test_answers_words_and_people_are_kept_as_the_definition_asks(
    client: httpx.AsyncClient, database: Database, town: str, key: str
) -> None:
    answers: dict[str, Any] = {
        "attribute[severity]": "4", "attribute[when]": "night", "attribute[whole_street]": "yes",
        "attribute[affected][]": ["women", "children"],
    }  # fmt: skip
    answer = await send_request(
        client, town, key, lat=None, long=None, address_string=" Біля  школи ",
        **answers, email="sentinel@example.org", first_name="sentinel", last_name="sentinel", phone="sentinel",
        device_id="sentinel", account_id="sentinel", media_url="https://sentinel.example.org/1.jpg",
        address_id="sentinel",
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    stored = await _stored(database, answer.json()[0]["token"])
    assert (stored["geometry"], stored["place"]) == (None, "Біля школи")
    assert (stored["severity"], stored["when_seen"], stored["answers"]) == (4, "night", {"whole_street": "yes"})
    assert stored["affected"] == ["women", "children"]
    assert stored["consents"] == {"store": True, "working_group": True, "police": False, "publish": True}
    assert "sentinel" not in str(dict(stored))


async def test_one_device_of_one_program_is_one_voice(
    client: httpx.AsyncClient, database: Database, town: str, key: str
) -> None:
    other = await add_key(database, town, "another app")
    tokens = [
        (await send_request(client, town, one, device_id=device)).json()[0]["token"]
        for one, device in ((key, "d1"), (key, "d1"), (key, "d2"), (other, "d1"), (key, None))
    ]
    voices = [(await _stored(database, token))["reporter_key"] for token in tokens]
    assert voices[0] == voices[1]
    assert len({bytes(voice) for voice in voices[:4]}) == 3
    assert voices[4] is None


async def test_the_same_again_with_an_idempotency_key_makes_one(
    client: httpx.AsyncClient, database: Database, town: str, key: str
) -> None:
    async def send(idempotency_key: str, api_key: str = key, **changes: str) -> httpx.Response:
        data = {"jurisdiction_id": town, **FORM, **changes}
        headers = {"Idempotency-Key": idempotency_key, "Api-Key": api_key}
        return await client.post(f"{V2}/requests.json", data=data, headers=headers)

    first, again = await send("one"), await send("one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert "edit-token" in first.headers
    assert "edit-token" not in again.headers
    assert_errors(await send("one", description="other words"), 409)
    assert (await send("two")).json() != first.json()
    assert (await send("one", await add_key(database, town, "another app"))).json() != first.json()
    for unusable in ("", "x" * 201):
        assert_errors(await send(unusable), 400, "Idempotency-Key")


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_only_the_community_s_own_key_opens(
    client: httpx.AsyncClient, database: Database, town: str, other_town: str, key: str, form: str
) -> None:
    foreign = await add_key(database, other_town, "their app")
    refused = [
        await send_request(client, town, wrong, form) for wrong in (None, foreign, "never-sent", key + "x", "\x00")
    ]
    for answer in refused:
        assert_errors(answer, 403, "api_key", never=foreign)
    assert len({answer.content for answer in refused}) == 1
    assert (await send_request(client, other_town, foreign, form)).status_code == 201
    assert_errors(await send_request(client, "nowhere", key, form), 404)
    assert_errors(await send_request(client, None, key, form), 400, "jurisdiction_id")


async def test_a_key_in_an_address_is_refused(client: httpx.AsyncClient, town: str, key: str) -> None:
    data = {"jurisdiction_id": town, **FORM}
    answer = await client.post(f"{V2}/requests.json?api_key={key}", data=data)
    assert_errors(answer, 400, "api_key", never=key)
    answer = await client.post(f"{V2}/requests.json?api_key={key}", data={**data, "api_key": key})
    assert_errors(answer, 400, "api_key", never=key)


async def test_keys_and_words_reach_no_log(
    client: httpx.AsyncClient, database: Database, town: str, key: str, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    assert (await send_request(client, town, key)).status_code == 201
    assert_errors(await send_request(client, town, key, lat="NaN"), 400)
    assert_errors(await send_request(client, town, f"{key}x"), 403)

    async def fall(*_: object, **__: object) -> None:
        raise RuntimeError(f"{key} {FORM['description']}")

    monkeypatch.setattr("mapping.services.open311.submit_report", fall)
    assert_errors(await send_request(client, town, key), 500, never=key)
    assert "unexpected RuntimeError" in caplog.text
    for secret in (key, FORM["description"], FORM["lat"]):
        assert secret not in caplog.text


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"lat": None, "long": None}, ["lat and long, or address_string"]),
        ({"lat": None}, ["lat and long"]),
        ({"long": None}, ["lat and long"]),
        ({"lat": "NaN"}, ["lat and long"]),
        ({"long": "Infinity"}, ["lat and long"]),
        ({"lat": "1e400"}, ["lat and long"]),
        ({"lat": "91"}, ["lat and long"]),
        ({"lat": "never-sent"}, ["lat and long"]),
        ({"lat": "50.45", "long": "30.52"}, ["lat and long"]),
        ({"service_code": None}, ["service_code"]),
        ({"service_code": "never-sent"}, ["service_code"]),
        ({"service_code": "gender_based_violence"}, ["service_code"]),
        ({"service_code": "vulnerable_household"}, ["service_code"]),
        ({"description": "never-sent\x00"}, ["description"]),
        ({"description": "x" * 2001}, ["description"]),
        ({"address_string": "never-sent\x00"}, ["address_string"]),
        ({"address_string": "x" * 201}, ["address_string"]),
        ({"attribute[severity]": "5"}, ["attribute[severity]"]),
        ({"attribute[severity]": ["1", "2"]}, ["attribute[severity]"]),
        ({"attribute[when]": "never-sent"}, ["attribute[when]"]),
        ({"attribute[affected]": ["women", "never-sent"]}, ["attribute[affected]"]),
        ({"attribute[whole_street]": "never-sent"}, ["attribute[whole_street]"]),
        ({"attribute[never-sent]": "yes"}, ["attribute"]),
        ({"attribute[[[": "yes"}, ["attribute"]),
        (
            {"lat": "91", "attribute[when]": "x", "description": "\x00"},
            ["lat and long", "attribute[when]", "description"],
        ),
        (
            {"service_code": "never-sent", "lat": "91", "attribute[severity]": "5"},
            ["service_code", "lat and long", "attribute[severity]"],
        ),
        (
            {"service_code": "gender_based_violence", "description": "\x00", "attribute[whole_street]": "never-sent"},
            ["service_code", "description"],
        ),
    ],
)
async def test_each_fault_of_a_request_is_named(
    client: httpx.AsyncClient, town: str, key: str, changes: dict[str, Any], names: list[str], form: str
) -> None:
    answer = await send_request(client, town, key, form, **changes)
    assert_errors(answer, 400, *names)
    assert answer.text.count("code") - answer.text.count("service_code") == len(names) * (1 if form == "json" else 2)


FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", FORM_TYPE, 400),
        (b"{}", "application/json", 400),
        (b"lat=1", None, 400),
        (b"a=1&" * 200, FORM_TYPE, 400),
        (b"%ff=%ff&jurisdiction_id=%ff", FORM_TYPE, 404),
        (b"jurisdiction_id=%ed%a0%80", FORM_TYPE, 404),
        (b"lat=1", f"{FORM_TYPE}; charset=utf-16", 400),
        (b"nonsense", "multipart/form-data", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="media"; filename="a.jpg"\r\n\r\nx\r\n--x--\r\n',
         "multipart/form-data; boundary=x", 400),
        (b"a=" + b"x" * 300_000, FORM_TYPE, 413),
    ],
    ids=["empty", "json", "untyped", "many", "not-utf8", "surrogate", "utf16", "no-boundary", "cut", "file", "large"],
)  # fmt: skip
async def test_a_body_that_is_no_form_is_refused(
    client: httpx.AsyncClient, body: bytes, kind: str | None, status: int
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert_errors(await client.post(f"{V2}/requests.json", content=body, headers=headers), status)
    assert_errors(await client.post(f"{V2}/requests.xml", content=body, headers=headers), status)


async def test_a_multipart_form_is_taken(client: httpx.AsyncClient, town: str, key: str) -> None:
    fields = {"jurisdiction_id": town, "api_key": key, **FORM}
    answer = await client.post(f"{V2}/requests.json", files={name: (None, value) for name, value in fields.items()})
    assert answer.status_code == 201, answer.text


async def test_explosives_are_answered_with_whom_to_call(
    client: httpx.AsyncClient, database: Database, town: str, key: str
) -> None:
    await set_numbers(database, town, {"rescue": "0800 50 11 22"})
    answer = await send_request(client, town, key, service_code="explosive_object")
    assert answer.json()[0]["service_notice"].startswith(
        "Looks like explosives? Stay away, do not touch, call 0800 50 11 22."
    )


async def test_a_program_in_a_page_elsewhere_may_send(client: httpx.AsyncClient, town: str, key: str) -> None:
    """Its key says who it is; no cookie does."""
    data = {"jurisdiction_id": town, "api_key": key, **FORM}
    answer = await client.post(f"{V2}/requests.json", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "Edit-Token"
    refused = await client.post(f"{V2}/requests.json", data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert_errors(refused, 400)
    assert refused.headers["access-control-allow-origin"] == "*"
