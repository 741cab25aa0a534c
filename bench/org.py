"""What a scan of an organisation costs, against a server on this machine that answers at once; see README.md.

python bench/org.py                 2,000 and 20,000 repositories
python bench/org.py 500 5000        other numbers
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 100_000_000  # the server's, so that nothing waits


def main(arguments: list[str]) -> None:
    """Print what each number of repositories costs, in the first scan and in one without changes."""
    for count in map(int, arguments or ("2000", "20000")):
        with tempfile.TemporaryDirectory() as folder:
            server, address = _serve(count)
            try:
                _measure(count, address, Path(folder))
            finally:
                server.kill()
                server.wait()


def _measure(count: int, address: str, folder: Path) -> None:
    for name in ("first", "again"):
        seconds, peak, said = _scan(address, folder)
        held = re.search(r'"requests":\s*(\d+)', said)
        requests = held.group(1) if held else "?"
        print(
            f"{count:>6} repositories, {name}: {seconds:7.1f} s, {count / seconds:7.0f}/s, {requests:>6} requests, "
            f"{peak / 1024:.0f} MiB at most, {(folder / 'state.sqlite').stat().st_size / 1e6:.0f} MB on disk"
        )


def _scan(address: str, folder: Path) -> tuple[float, int, str]:
    """Seconds, the most memory in KiB, and the history as JSON."""
    command = [sys.executable, "-m", "gemaudit", "org", "acme", "--api-url", address, "--archived", "--quiet"]
    state = ["--state", str(folder / "state.sqlite")]
    environment = {**os.environ, "GH_ENTERPRISE_TOKEN": "ghp_good", "GEMAUDIT_BENCH": "1"}
    began = time.perf_counter()
    process = subprocess.Popen([*command, *state], env=environment, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode not in {0, 5}:
        sys.exit(f"the scan ended with {process.returncode}")
    history = [sys.executable, "-m", "gemaudit", "org", "history", *state, "--format", "json"]
    scans = subprocess.run(history, capture_output=True, text=True, check=True).stdout
    return seconds, usage.ru_maxrss, scans[scans.rindex('"name"') :]


def _serve(count: int) -> tuple[subprocess.Popen[str], str]:
    """A server with so many repositories, and its address."""
    command = [sys.executable, "-m", "forges.serve", "0", "--repositories", str(count), "--limit", str(LIMIT)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline() if server.stdout else ""
    return server, line.split()[-1]


if __name__ == "__main__":
    main(sys.argv[1:])
