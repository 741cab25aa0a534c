"""gemaudit as the action installs it, a repository, and a server of GitHub's."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from composite_action import ROOT, Run, execute, outputs_of
from github_rest import GitHub, serving
from scratch_repository import Scratch, pull_request, write_event

TOKEN = "ghs_0123456789abcdefTOKENTOKENTOKENTOKEN"  # noqa: S105 - nobody's

# `install.py` as it is, but for two things: the new environment sees the packages of the one that runs the tests,
# and the requirements are empty. So pip needs no network, and builds and installs the checkout for real.
_DRIVER = """
import importlib.util, sys, venv
spec = importlib.util.spec_from_file_location("install", sys.argv[1])
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)

class Seeing(venv.EnvBuilder):
    def post_setup(self, context):
        import pathlib
        folder, = pathlib.Path(context.env_dir).glob("lib/python*/site-packages")
        (folder / "packages-of-the-tests.pth").write_text(sys.argv[2])

install.venv.EnvBuilder = Seeing
sys.exit(install.main())
"""


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The outputs of `install.py` for a copy of the checkout."""
    folder = tmp_path_factory.mktemp("installation")
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
    script = [sys.executable, "-c", _DRIVER, str(checkout / "action" / "install.py"), sysconfig.get_path("purelib")]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return outputs_of(output.read_text())


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving(GitHub(TOKEN)) as server:
        yield server


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


Job = Callable[..., Run]


@pytest.fixture
def job(tmp_path: Path, github: GitHub, installation: Mapping[str, str]) -> Job:
    """Runs the action in a repository, for an event."""

    def run(
        scratch: Scratch, event: str, payload: Mapping[str, Any], ref: str = "refs/heads/main", **given: str
    ) -> Run:
        temporary = tmp_path / "runner"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        environment = {
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(write_event(temporary, payload)),
            "GITHUB_API_URL": github.address,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "octo/app",
            "GITHUB_RUN_ID": "42",
            "GITHUB_REF": ref,
            "GITHUB_HEAD_REF": scratch.branch,
            "GITHUB_SHA": "c" * 40,
        }
        inputs = {name.replace("_", "-"): value for name, value in given.items()}
        done = execute(
            inputs, environment, scratch.workspace, temporary, token=TOKEN, prepared={"install": installation}
        )
        assert done.masked == {TOKEN}
        written = "".join(file.read_text("utf-8", "replace") for file in temporary.rglob("*") if file.is_file())
        assert TOKEN not in done.log + done.summary + written
        return done

    return run


Proposal = Callable[..., Run]


@pytest.fixture
def proposal(job: Job) -> Proposal:
    """Runs the action for a pull request that changes some files, on the merge that GitHub makes of it."""

    def run(scratch: Scratch, files: Mapping[str, str], *, is_fork: bool = False, **given: str) -> Run:
        head = scratch.propose(files)
        if scratch.workspace.exists():
            shutil.rmtree(scratch.workspace)
        scratch.check_out(scratch.merge(head, scratch.base))
        payload = pull_request(scratch.base, head, scratch.branch, is_fork=is_fork)
        return job(scratch, "pull_request", payload, "refs/pull/7/merge", **given)

    return run
