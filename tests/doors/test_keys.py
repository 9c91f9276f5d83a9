"""`mapping key …`: a key is shown once, on standard output alone, and never again."""

import os
import subprocess
import sys

from mapping.services.api_keys import check_key, list_keys
from mapping.store.database import Database


async def test_a_key_is_made_listed_and_removed(database: Database, town: str) -> None:
    def mapping(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MAPPING_DATABASE_URL": database.owner_url, "COLUMNS": "200"}
        command = [sys.executable, "-m", "mapping.cli", "key", *words, "--community", town]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    made = mapping("add", "[red]city app")
    key = made.stdout.strip()
    assert key not in made.stderr
    (kept,) = await list_keys(database, town)
    assert await check_key(database, town, key) == kept.id
    listed = mapping("list").stdout
    assert str(kept.id) in listed
    assert "[red]city app" in listed
    assert key not in listed
    assert mapping("remove", str(kept.id)).returncode == 0
    assert await list_keys(database, town) == []
    again = mapping("remove", str(kept.id))
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "There are no keys" in mapping("list").stdout
    assert mapping("add", "").returncode == 1
