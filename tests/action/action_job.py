"""gemaudit as the action installs it, and a job that uses the action."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from composite_action import ROOT, Run, execute, outputs_of
from github_rest import GitHub
from scratch_repository import Scratch, pull_request, write_event

TOKEN = "ghs_0123456789abcdefTOKENTOKENTOKENTOKEN"  # noqa: S105 - nobody's

# `install.py` as it is, but for two things: the new environment sees the packages of the one that runs the tests,
# and the requirements are empty. So pip needs no network, and builds and installs the checkout for real.
_DRIVER = """
import importlib.util, pathlib, sys, venv
spec = importlib.util.spec_from_file_location("install", sys.argv[1])
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)

class Seeing(venv.EnvBuilder):
    def post_setup(self, context):
        folder, = pathlib.Path(context.env_dir).glob("lib/python*/site-packages")
        (folder / "packages-of-the-tests.pth").write_text(sys.argv[2])

install.venv.EnvBuilder = Seeing
sys.exit(install.main())
"""


def install(folder: Path) -> Mapping[str, str]:
    """The outputs of `install.py` for a copy of the checkout in the folder."""
    checkout, output = folder / "checkout", folder / "output"
    for name in ("src", "advisories", "action"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    (checkout / "action" / "requirements.txt").write_text("")
    output.touch()
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(output),
        "INPUT_VERSION": "",
    }
    line = [sys.executable, "-c", _DRIVER, str(checkout / "action" / "install.py"), sysconfig.get_path("purelib")]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return outputs_of(output.read_text())


class Job:
    """Runs the action in a repository, and holds that its token is nowhere to be seen afterwards."""

    def __init__(self, folder: Path, github: GitHub, installation: Mapping[str, str]) -> None:
        self._folder, self._github, self._installation = folder, github, installation

    def run(self, scratch: Scratch, event: str, payload: Mapping[str, Any], ref: str = "", **given: str) -> Run:
        """What comes of an event in what is checked out."""
        temporary = self._folder / "runner"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        environment = {
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(write_event(temporary, payload)),
            "GITHUB_API_URL": self._github.address,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "octo/app",
            "GITHUB_RUN_ID": "42",
            "GITHUB_REF": ref or "refs/heads/main",
            "GITHUB_HEAD_REF": scratch.branch,
            "GITHUB_SHA": "c" * 40,
        }
        inputs = {name.replace("_", "-"): value for name, value in given.items()}
        prepared = {"install": self._installation}
        done = execute(inputs, environment, scratch.workspace, temporary, token=TOKEN, prepared=prepared)
        assert done.masked == {TOKEN}
        written = "".join(file.read_text("utf-8", "replace") for file in temporary.rglob("*") if file.is_file())
        assert TOKEN not in done.log + done.summary + written
        return done

    def propose(self, scratch: Scratch, files: Mapping[str, str], *, is_fork: bool = False, **given: str) -> Run:
        """What comes of a pull request that changes these files, on the merge that GitHub makes of it."""
        head = scratch.propose(files)
        if scratch.workspace.exists():
            shutil.rmtree(scratch.workspace)
        scratch.check_out(scratch.merge(head, scratch.base))
        payload = pull_request(scratch.base, head, scratch.branch, is_fork=is_fork)
        return self.run(scratch, "pull_request", payload, "refs/pull/7/merge", **given)
