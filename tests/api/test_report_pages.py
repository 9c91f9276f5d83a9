"""The page of one report: what it shows of each tier, and what people say of it without scripts."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from mapping.services.statuses import change_status
from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

TOKEN = "a-phone-s-own-random-token"


async def _send(client: httpx.AsyncClient, town: str, database: Database, **changes: Any) -> tuple[UUID, UUID | None]:
    """A published report: the reporter's id and the public one, if there is one."""
    report_id = new_id()
    sent = await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload(**changes))
    assert sent.status_code == 201
    await moderate_report(database, town, report_id, "publish", actor="test")
    async with database.app.connect() as connection:
        public_id = sa.text("SELECT public_id FROM mapping.reports WHERE id = :id")
        return report_id, await connection.scalar(public_id, {"id": report_id})


def _said(**changes: Any) -> dict[str, str]:
    return {"kind": "seen_too", "said_id": str(uuid4()), "reporter_token": TOKEN, **changes}


async def test_a_lamp_is_told_in_full(client: httpx.AsyncClient, town: str, database: Database) -> None:
    payload = {
        "place": "by <b>the</b> school",
        "description": "dark & cold",
        "observed_at": "2026-11-03T12:00:00+02:00",
    }
    report_id, public_id = await _send(client, town, database, **payload)
    await change_status(database, town, report_id, "plan", actor="council")
    page = await client.get(f"/en/c/{town}/report/{public_id}")
    assert page.status_code == 200
    for told in ("by &lt;b&gt;the&lt;/b&gt; school", "dark &amp; cold", "3 November 2026", "I am afraid here",
                 "After dark", "Children", "Planned", "It is in the plan.", 'id="leaflet"'):  # fmt: skip
        assert told in page.text
    assert str(report_id) not in page.text
    assert "Заплановано" in (await client.get(f"/uk/c/{town}/report/{public_id}")).text


async def test_of_a_danger_only_a_circle_and_a_month_are_told(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    payload = {"category": "harassment", "place": "secret-place", "description": "secret-words"}
    _, public_id = await _send(client, town, database, **payload, observed_at="2026-11-03T12:00:00+02:00")
    page = (await client.get(f"/en/c/{town}/report/{public_id}")).text
    assert "Its centre is not the place." in page
    assert "November 2026" in page
    for hidden in ("secret", "3 November", "2026-11-03"):
        assert hidden not in page


async def test_hidden_confidential_and_absent_answer_alike(
    client: httpx.AsyncClient, town: str, other_town: str, database: Database
) -> None:
    hidden_id, hidden = await _send(client, town, database)
    await moderate_report(database, town, hidden_id, "hide", actor="test")
    confidential, _ = await _send(client, town, database, category="gender_based_violence")
    elsewhere_id, elsewhere = await _send(client, other_town, database)
    absent = await client.get(f"/en/c/{town}/report/{uuid4()}")
    assert absent.status_code == 404
    for known in (hidden_id, hidden, confidential, elsewhere_id, elsewhere, "none"):
        answer = await client.get(f"/en/c/{town}/report/{known}")
        assert (answer.status_code, answer.text) == (404, absent.text)
        posted = await client.post(f"/en/c/{town}/report/{known}", data=_said())
        assert (posted.status_code, posted.text) == (404, absent.text)


async def test_one_phone_counts_once_and_nobody_without_one(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    _, public_id = await _send(client, town, database)
    path = f"/en/c/{town}/report/{public_id}"
    once = _said()
    for fields in (once, once, _said()):
        answer = await client.post(path, data=fields)
        assert answer.status_code == 200
        assert "You are counted" in answer.text
        assert '<b class="figures">1</b> person sees this too' in answer.text
    for _ in range(3):
        unnamed = await client.post(path, data=_said(reporter_token=""))
        assert "Without scripts we cannot tell people apart" in unnamed.text
        assert '<b class="figures">1</b> person sees this too' in unnamed.text
    other = await client.post(path, data=_said(reporter_token=TOKEN[::-1]))
    assert '<b class="figures">2</b> people see this too' in other.text
    async with database.app.connect() as connection:
        kept = await connection.scalar(sa.text("SELECT count(*) FROM mapping.confirmations WHERE reporter_key IS NULL"))
    assert kept >= 3


@pytest.mark.parametrize(("kind", "words"), [("fixed", "Уже полагодили"), ("not_fixed", "ще не полагодили")])
async def test_fixed_and_not_fixed_are_kept_and_change_no_number(
    client: httpx.AsyncClient, town: str, database: Database, kind: str, words: str
) -> None:
    _, public_id = await _send(client, town, database)
    answer = await client.post(f"/uk/c/{town}/report/{public_id}", data=_said(kind=kind))
    assert answer.status_code == 200
    assert words in answer.text
    assert "Дякуємо" in answer.text
    assert '<b class="figures">0</b>' in answer.text


@pytest.mark.parametrize(
    "changes",
    [{"kind": "hide"}, {"kind": ""}, {"said_id": "x"}, {"said_id": ""}, {"reporter_token": "short"},
     {"reporter_token": "x" * 201}, {"reporter_token": "nul\x00" + "x" * 30}, {"kind": "\ud83d"}],
)  # fmt: skip
async def test_what_breaks_a_rule_is_refused_in_words(
    client: httpx.AsyncClient, town: str, database: Database, changes: dict[str, str]
) -> None:
    _, public_id = await _send(client, town, database)
    sent = {name: value.encode("utf-8", "surrogatepass") for name, value in _said(**changes).items()}
    answer = await client.post(f"/en/c/{town}/report/{public_id}", data=sent)
    assert answer.status_code == 422
    assert "This did not work" in answer.text


async def test_a_form_of_another_site_counts_nobody(client: httpx.AsyncClient, town: str, database: Database) -> None:
    _, public_id = await _send(client, town, database)
    path = f"/en/c/{town}/report/{public_id}"
    refused = await client.post(path, data=_said(), headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 422
    assert '<b class="figures">0</b>' in (await client.get(path)).text
