"""`mapping report …`: a report is read, then published as it was read."""

import os
import subprocess
import sys

from mapping.services.own_reports import correct_report
from mapping.services.reports import submit_report
from mapping.store.database import Database
from tests.factories import new_id, report_payload


async def test_a_report_is_published_as_it_was_read(database: Database, town: str) -> None:
    def report(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MAPPING_DATABASE_URL": database.owner_url, "COLUMNS": "300"}
        command = [sys.executable, "-m", "mapping.cli", "report", *words, "--community", town]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    report_id, secret_id = new_id(), new_id()
    token = (await submit_report(database, town, report_id, report_payload(description="[red]dark"))).edit_token
    assert token is not None
    secret = report_payload(category="gender_based_violence", description="at number 5")
    await submit_report(database, town, secret_id, secret)
    shown = report("show", str(report_id)).stdout
    assert "revision 1" in shown
    assert "[red]dark" in shown
    confidential = report("show", str(secret_id)).stdout
    assert "confidential" in confidential
    assert "number 5" not in confidential
    assert "24.94" not in confidential
    await correct_report(database, town, report_id, report_payload(description="darker"), edit_token=token)
    refused = report("publish", str(report_id), "--revision", "1", "--actor", "test")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "Read it again" in refused.stderr
    assert report("publish", str(report_id), "--actor", "test").returncode != 0
    assert "2" in next(line for line in report("list").stdout.splitlines() if str(report_id) in line)
    published = report("publish", str(report_id), "--revision", "2", "--actor", "test")
    assert published.stdout.strip() == f"{report_id}: published"
    assert report("hide", str(report_id), "--actor", "test").stdout.strip() == f"{report_id}: hidden"
