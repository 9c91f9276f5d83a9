"""Photos over HTTP: sent with the report's token, held, released by a decision of their own, erased with the report."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from mapping.api import bodies
from mapping.errors import Conflict, InvalidInput, NotFound
from mapping.services.photos import moderate_photos, photos_to_review
from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report, publish_photos
from tests.photographs import SECRET, bomb, frames, picture, saved, telling_jpeg

JPEG = saved(picture(640, 480), "JPEG")
PNG = saved(picture(64, 48), "PNG")


class Sent:
    """A report that was sent, and the way to send photos of it."""

    def __init__(self, client: httpx.AsyncClient, town: str, report_id: UUID, token: str) -> None:
        self.client, self.town, self.id, self.token = client, town, report_id, token

    async def photo(
        self,
        body: bytes | AsyncIterator[bytes] = JPEG,
        photo_id: UUID | None = None,
        *,
        town: str = "",
        token: str = "",
        kind: str = "image/jpeg",
    ) -> httpx.Response:
        path = f"/api/communities/{town or self.town}/reports/{self.id}/photos/{photo_id or new_id()}"
        headers = {"Edit-Token": token or self.token, "Content-Type": kind}
        return await self.client.put(path, content=body, headers=headers)

    async def released(self) -> list[dict[str, object]]:
        features = (await self.client.get(f"/api/communities/{self.town}/reports")).json()["features"]
        return [photo for feature in features for photo in feature["properties"]["photos"]]


async def send(client: httpx.AsyncClient, town: str, **changes: object) -> Sent:
    report_id = new_id()
    answer = await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload(**changes))
    return Sent(client, town, report_id, answer.json()["edit_token"])


@pytest.fixture
async def sent(client: httpx.AsyncClient, town: str) -> Sent:
    return await send(client, town)


@pytest.fixture
async def shown(sent: Sent, database: Database) -> Sent:
    """A published report with one photo that is published too."""
    await sent.photo(telling_jpeg(size=(2000, 1500)))
    await moderate_report(database, sent.town, sent.id, "publish", actor="test")
    await publish_photos(database, sent.town, sent.id)
    return sent


def files(database: Database) -> set[Path]:
    return {path for path in database.photos_dir.rglob("*") if path.is_file()}


async def rows(database: Database, report_id: UUID) -> int:
    async with database.app.connect() as connection:
        statement = sa.text("SELECT count(*) FROM mapping.photos WHERE report_id = :id")
        return int((await connection.execute(statement, {"id": report_id})).scalar_one())


async def test_a_photo_is_kept_once_and_held(sent: Sent, database: Database) -> None:
    photo_id = new_id()
    first = await sent.photo(JPEG, photo_id)
    assert first.status_code == 201
    assert first.json() == {"id": str(photo_id), "width": 640, "height": 480, "moderation": "held"}
    assert first.headers["cache-control"] == "no-store"
    assert (await sent.photo(JPEG, photo_id)).status_code == 200
    assert_problem(await sent.photo(PNG, photo_id), 409)
    assert await rows(database, sent.id) == 1


async def test_ten_sends_at_once_make_one_photo(sent: Sent, database: Database) -> None:
    photo_id = new_id()
    answers = await asyncio.gather(*(sent.photo(PNG, photo_id) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert await rows(database, sent.id) == 1


async def test_a_report_has_three_photos_at_most_also_when_they_come_at_once(sent: Sent, database: Database) -> None:
    answers = await asyncio.gather(*(sent.photo(PNG) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    assert_problem(await sent.photo(), 409)
    assert await rows(database, sent.id) == 3


async def test_what_lies_on_the_disk_tells_nothing(sent: Sent, database: Database) -> None:
    before = files(database)
    await sent.photo(telling_jpeg())
    written = files(database) - before
    assert len(written) == 2
    for path in written:
        assert SECRET not in path.read_bytes()
    assert database.photos_dir.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["image/jpeg", "text/html", "application/json"])
async def test_the_bytes_say_what_it_is(sent: Sent, kind: str) -> None:
    assert (await sent.photo(PNG, kind=kind)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00" * 999, b"<svg/>", frames("GIF", 300), bomb(14_000, 14_000), JPEG[:900], b"\x00\x00\x00\x18ftypheic"],
    ids=["empty", "nul", "svg", "gif", "bomb", "cut", "heic"],
)
async def test_what_is_no_photo_names_the_body(sent: Sent, database: Database, body: bytes) -> None:
    before = files(database)
    assert_problem(await sent.photo(body), 422, "body")
    assert await rows(database, sent.id) == 0
    assert files(database) == before


async def test_another_token_report_or_community_answers_as_if_absent(
    sent: Sent, client: httpx.AsyncClient, other_town: str
) -> None:
    other = await send(client, other_town)
    answers = [
        await sent.photo(token="x" * 43),
        await sent.photo(token=other.token),
        await sent.photo(town=other_town),
        await Sent(client, sent.town, new_id(), sent.token).photo(),
    ]
    for answer in answers:
        assert_problem(answer, 404)
    assert len({answer.text for answer in answers}) == 1
    path = f"/api/communities/{sent.town}/reports/{sent.id}/photos/{new_id()}"
    assert_problem(await client.put(path, content=JPEG), 422, "edit-token")
    assert_problem(await client.put(path[:-1] + "z", content=JPEG, headers={"Edit-Token": sent.token}), 422, "photo_id")


async def test_a_body_over_the_limit_is_refused_before_it_is_read(sent: Sent) -> None:
    assert_problem(await sent.photo(b"\xff" * 10_000_001), 413)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(101):
            yield b"\xff" * 100_000

    assert_problem(await sent.photo(chunks()), 413)


async def test_a_photo_that_cannot_be_stored_is_not_kept(
    sent: Sent, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    monkeypatch.setattr(database, "photos_dir", blocked / "photos")
    assert_problem(await sent.photo(), 503)
    assert await rows(database, sent.id) == 0


async def test_a_photo_that_drips_is_given_up(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PHOTO_SECONDS", 0.3)

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    assert_problem(await sent.photo(drops()), 408)


async def test_a_photo_is_public_only_once_it_is_released(sent: Sent, database: Database) -> None:
    await sent.photo()
    await moderate_report(database, sent.town, sent.id, "publish", actor="test")
    assert await sent.released() == []
    await publish_photos(database, sent.town, sent.id)
    (photo,) = await sent.released()
    assert (photo["width"], photo["height"]) == (640, 480)
    assert str(sent.id) not in str(photo)


async def test_a_released_photo_is_served_bare_with_a_strong_tag(shown: Sent) -> None:
    (photo,) = await shown.released()
    for size, longest in (("large", 1600), ("small", 400)):
        answer = await shown.client.get(str(photo[size]))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "content-encoding" not in answer.headers
        assert SECRET not in answer.content
        image = Image.open(io.BytesIO(answer.content))
        assert max(image.size) == longest
        assert not image.getexif()
        etag = answer.headers["etag"]
        assert etag.startswith('"')
        again = await shown.client.get(str(photo[size]), headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        head = await shown.client.head(str(photo[size]))
        assert (head.status_code, head.headers["etag"]) == (200, etag)


@pytest.mark.parametrize(
    "path", ["a" * 43 + "/large", "../../etc/passwd/large", "%00/large", "a/huge", "a" * 5000 + "/small"]
)
async def test_a_name_that_nothing_is_released_under(client: httpx.AsyncClient, shown: Sent, path: str) -> None:
    assert (await client.get(f"/photos/{path}.jpg")).status_code == 404
    (photo,) = await shown.released()
    assert_problem(await client.get(str(photo["large"]).replace("large", "held")), 404)


async def test_a_hidden_photo_is_gone_at_once_and_comes_back_under_another_name(
    shown: Sent, database: Database
) -> None:
    (photo,) = await shown.released()
    await moderate_photos(database, shown.town, shown.id, None, "hide", actor="test", reason="a face")
    assert await shown.released() == []
    assert_problem(await shown.client.get(str(photo["large"])), 404)
    await publish_photos(database, shown.town, shown.id)
    (again,) = await shown.released()
    assert again["large"] != photo["large"]
    async with database.app.connect() as connection:
        statement = sa.text("SELECT action FROM mapping.report_revisions WHERE report_id = :id ORDER BY revision")
        actions = (await connection.execute(statement, {"id": shown.id})).scalars().all()
    assert actions == ["submit", "publish", "publish photos", "hide photos", "publish photos"]


async def test_a_hidden_report_shows_no_photo_and_holds_them(shown: Sent, database: Database) -> None:
    (photo,) = await shown.released()
    await moderate_report(database, shown.town, shown.id, "hide", actor="test")
    assert_problem(await shown.client.get(str(photo["small"])), 404)
    await moderate_report(database, shown.town, shown.id, "publish", actor="test")
    assert await shown.released() == []
    assert [each.moderation for each, _ in await photos_to_review(database, shown.town, shown.id)] == ["held"]


async def test_a_corrected_report_holds_its_photos_until_they_are_released_again(
    shown: Sent, database: Database
) -> None:
    (photo,) = await shown.released()
    path = f"/api/communities/{shown.town}/reports/{shown.id}"
    changed = report_payload(description="the second lamp")
    assert (await shown.client.put(path, json=changed, headers={"Edit-Token": shown.token})).status_code == 200
    assert_problem(await shown.client.get(str(photo["small"])), 404)
    assert not [path for path in files(database) if str(photo["small"]).split("/")[2] in path.name]
    await moderate_report(database, shown.town, shown.id, "publish", actor="test")
    assert await shown.released() == []
    await publish_photos(database, shown.town, shown.id)
    assert len(await shown.released()) == 1


async def test_who_sent_photos_is_told_what_became_of_them(sent: Sent, database: Database) -> None:
    async def own() -> list[dict[str, object]]:
        path = f"/api/communities/{sent.town}/reports/{sent.id}/own"
        answer = await sent.client.get(path, headers={"Edit-Token": sent.token})
        return list(answer.json()["photos"])

    assert await own() == []
    photo_id = new_id()
    await sent.photo(JPEG, photo_id)
    held = {"id": str(photo_id), "width": 640, "height": 480, "moderation": "held", "small": None}
    assert await own() == [held]
    await moderate_report(database, sent.town, sent.id, "publish", actor="test")
    await publish_photos(database, sent.town, sent.id)
    (photo,) = await own()
    assert photo["moderation"] == "published"
    assert (await sent.client.get(str(photo["small"]))).status_code == 200
    await moderate_photos(database, sent.town, sent.id, None, "hide", actor="test", reason="a face")
    assert await own() == [{**held, "moderation": "hidden"}]


async def test_photos_of_people_are_never_released(client: httpx.AsyncClient, town: str, database: Database) -> None:
    for category in ("harassment", "gender_based_violence"):
        sent = await send(client, town, category=category)
        assert (await sent.photo()).status_code == 201
        await moderate_report(database, town, sent.id, "publish", actor="test")
        with pytest.raises(Conflict, match="about people"):
            await publish_photos(database, town, sent.id)
        assert await sent.released() == []


async def test_only_photos_there_are_of_published_reports_are_released(sent: Sent, database: Database) -> None:
    with pytest.raises(NotFound):
        await moderate_photos(database, sent.town, sent.id, new_id(), "publish", actor="test", reason=None)
    with pytest.raises(InvalidInput, match="which you have looked at"):
        await moderate_photos(database, sent.town, sent.id, None, "publish", actor="test", reason=None)
    await sent.photo()
    with pytest.raises(Conflict, match="Publish the report first"):
        await publish_photos(database, sent.town, sent.id)
    with pytest.raises(NotFound):
        await moderate_photos(database, sent.town, sent.id, new_id(), "publish", actor="test", reason=None)


async def test_a_withdrawn_report_leaves_no_file_and_no_row(shown: Sent, database: Database) -> None:
    other = await send(shown.client, shown.town)
    await other.photo(telling_jpeg(size=(2000, 1500)))  # the very same picture with another report
    kept = files(database)
    (photo,) = await shown.released()
    held = [Path(path) for _, path in await photos_to_review(database, shown.town, shown.id)]
    path = f"/api/communities/{shown.town}/reports/{shown.id}"
    assert (await shown.client.delete(path, headers={"Edit-Token": shown.token})).status_code == 204
    gone = kept - files(database)
    assert len(gone) == 4
    assert [each.parent.exists() for each in held] == [False]
    assert await rows(database, shown.id) == 0
    assert_problem(await shown.client.get(str(photo["large"])), 404)
    assert_problem(await shown.photo(), 404)
    ((_, left),) = await photos_to_review(database, shown.town, other.id)
    assert Path(left).exists()


async def test_a_photo_that_comes_while_its_report_is_withdrawn_leaves_nothing(sent: Sent, database: Database) -> None:
    path = f"/api/communities/{sent.town}/reports/{sent.id}"
    before = files(database)
    sending = [asyncio.create_task(sent.photo(PNG)) for _ in range(3)]
    await asyncio.sleep(0.25)
    await sent.client.delete(path, headers={"Edit-Token": sent.token})
    assert {answer.status_code for answer in await asyncio.gather(*sending)} <= {201, 404}
    assert await rows(database, sent.id) == 0
    assert files(database) == before


async def test_every_answer_to_a_photo_is_of_its_own_report(shown: Sent, client: httpx.AsyncClient) -> None:
    other = await send(client, shown.town)
    await other.photo()
    assert len(await shown.released()) == 1
