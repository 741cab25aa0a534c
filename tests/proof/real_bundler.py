"""Real Bundler, loaded once: a job costs a fork instead of a start of Ruby."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec import Struct

RUBY = shutil.which("ruby")
SCRIPT = Path(__file__).with_name("bundler_workshop.rb")
#: The seconds since 1970 that built gems carry, so that the same release is the same bytes.
BUILT_AT = "1767225600"


class Tools(Struct, frozen=True, kw_only=True):
    """The versions of what runs the jobs, and the gems it has loaded: Bundler does not ask a server alone for those."""

    ruby: str
    rubygems: str
    bundler: str
    loaded: frozenset[str]


class Outcome(Struct, frozen=True, kw_only=True):
    """How a job ended and everything it wrote; `status` is 0 where it did what it was asked to."""

    id: int
    status: int
    output: str


class Command(Struct, frozen=True, kw_only=True):
    """`bundle` with arguments, in the folder of a Gemfile."""

    folder: Path
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = {}


class RealBundler:
    """One Ruby process that forks for each job; a context manager.

    Nothing of the user's own configuration reaches it, and it finds no installed gems but Ruby's own.
    """

    def __init__(self, folder: Path) -> None:
        assert RUBY, "`ruby` is not on PATH"
        self._folder = folder
        for name in ("home", "gems", "temporary"):
            (folder / name).mkdir(parents=True)
        self._process = subprocess.Popen(
            [RUBY, SCRIPT, folder / "gems"],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._jobs = 0
        try:
            self.tools = msgspec.convert(self._line(), Tools)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=150)

    def run(self, commands: Iterable[Command]) -> tuple[Outcome, ...]:
        """The outcomes in the order of the commands; which one runs when is left to the machine."""
        return self._do(
            {
                "task": "bundle",
                "folder": str(command.folder),
                "arguments": command.arguments,
                "environment": {**self._own_home(command.folder), **command.environment},
            }
            for command in commands
        )

    def build(self, folder: Path, releases: Sequence[Mapping[str, Any]]) -> None:
        """Leave the `.gem` file of each release in the folder, as `gem build` would."""
        folder.mkdir(parents=True)
        (outcome,) = self._do([{"task": "build", "folder": str(folder), "releases": releases, "environment": {}}])
        assert outcome.status == 0, outcome.output

    def _do(self, jobs: Iterable[dict[str, Any]]) -> tuple[Outcome, ...]:
        assert self._process.stdin
        first = self._jobs
        for job in jobs:
            self._process.stdin.write(json.dumps({"id": self._jobs, **job}) + "\n")
            self._jobs += 1
        self._process.stdin.flush()
        done = [msgspec.convert(self._line(), Outcome) for _ in range(first, self._jobs)]
        return tuple(sorted(done, key=lambda outcome: outcome.id))

    def _line(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"{SCRIPT.name} ended with {self._process.poll()}"
        return json.loads(line)

    def _own_home(self, folder: Path) -> dict[str, str]:
        """Each project has caches of its own, because jobs run at the same time."""
        return {"BUNDLE_USER_HOME": str(folder / ".bundler-home")}

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder / "temporary"),
            "BUNDLE_IGNORE_CONFIG": "1",
            "BUNDLE_RETRY": "0",
            "BUNDLE_SILENCE_ROOT_WARNING": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "SOURCE_DATE_EPOCH": BUILT_AT,
        }
