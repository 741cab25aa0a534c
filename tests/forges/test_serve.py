"""The server for trying things by hand."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx


def test_it_serves_until_it_is_interrupted() -> None:
    line = [sys.executable, "-m", "forges.serve", "--repositories", "3", "--faults", "1", "--token", "other"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = said.rpartition(" ")[2].strip()
        answer = httpx.get(f"{url}/api/v3/rate_limit", headers={"Authorization": "token other"})
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert said.startswith("3 repositories of acme at http://127.0.0.1:")
    assert (answer.status_code, answer.json()["message"]) == (404, "Rate limiting is not enabled.")
