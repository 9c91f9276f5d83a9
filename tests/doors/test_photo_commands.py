"""Photos decided on from the command line."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from mapping.formats.photos import PhotoCleaner
from mapping.services.photos import keep_photo
from mapping.services.reports import submit_report
from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report
from tests.photographs import picture, saved


async def _body() -> AsyncIterator[bytes]:
    yield saved(picture(64, 48), "PNG")


async def test_photos_are_listed_published_and_hidden(database: Database, town: str) -> None:
    report_id, photo_id = new_id(), new_id()
    token = (await submit_report(database, town, report_id, report_payload())).edit_token
    assert token is not None
    await keep_photo(database, PhotoCleaner(), town, report_id, photo_id, token, _body())
    environment = {**os.environ, "MAPPING_DATABASE_URL": database.owner_url, "COLUMNS": "300",
                   "MAPPING_PHOTOS_DIR": str(database.photos_dir)}  # fmt: skip

    def photos(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mapping.cli", "report", "photos", *words, "--community", town]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    listed = photos("list", str(report_id)).stdout
    assert f"{photo_id}" in listed
    assert "held" in listed
    path = Path(next(word for word in listed.split() if word.endswith(".jpg")))
    assert path.is_file()
    refused = photos("publish", str(report_id), str(photo_id), "--actor", "test")
    assert refused.returncode == 1
    assert "Publish the report first" in refused.stderr
    await moderate_report(database, town, report_id, "publish", actor="test")
    published = photos("publish", str(report_id), str(photo_id), "--actor", "test")
    assert published.stdout.strip() == f"{photo_id}: published"
    hidden = photos("hide", str(report_id), "--actor", "test", "--reason", "a face")
    assert hidden.stdout.strip() == f"{photo_id}: hidden"
    assert "no photos" in photos("list", str(new_id())).stdout
