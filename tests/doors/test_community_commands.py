"""`mapping community call`: whom the pages tell people to call."""

import os
import subprocess
import sys

from mapping.services.emergency_numbers import read_numbers
from mapping.store.database import Database


async def test_numbers_are_shown_set_and_refused(database: Database, town: str) -> None:
    def call(*changes: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MAPPING_DATABASE_URL": database.owner_url, "COLUMNS": "200"}
        command = [sys.executable, "-m", "mapping.cli", "community", "call", town, *changes]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    shown = call().stdout
    assert "15-47" in shown
    assert "State Emergency Service of Ukraine" in shown
    changed = call("helpline=116 123", "police=")
    assert changed.returncode == 0
    assert "116 123" in changed.stdout
    assert "its own" in changed.stdout
    refused = call("rescue=<b>101</b>")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "rescue: 2 to 15 digits" in refused.stderr
    assert "<b>" not in refused.stderr
    assert call("rescue").returncode == 1
    assert (await read_numbers(database, town))["helpline"] == "116 123"
