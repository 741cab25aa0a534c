"""Situations made real: gem servers that have the releases, a folder that holds the project, locked by Bundler."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self, get_args

import advisory_files
from gem_server import GemFile, GemServer, Index
from msgspec import Struct
from msgspec.structs import asdict
from real_bundler import Command, Outcome, RealBundler
from situation import Release, Server, Situation

from gemaudit.lockfiles import read
from gemaudit.model.lockfile import Lockfile

_ONLY_PLATFORMS = "GEM\n  specs:\n\nPLATFORMS\n{platforms}\nDEPENDENCIES\n"


class Project(Struct, frozen=True, kw_only=True):
    """A project that was locked on the first day, as it is today; `folder` holds what a repository would."""

    situation: Situation
    folder: Path
    gems: Path

    @property
    def lockfile(self) -> Path:
        """Where the lockfile is."""
        return self.folder / self.situation.lockfile

    @property
    def advisories(self) -> Path:
        """Where the advisories are."""
        return self.folder.parent / "advisories"

    @property
    def locked(self) -> Lockfile:
        """What the lockfile states."""
        return read(self.situation.lockfile, self.lockfile.read_text(encoding="utf-8"))

    @property
    def versions(self) -> Mapping[str, str]:
        """The locked version of each gem."""
        return versions(self.lockfile)

    @property
    def origins(self) -> frozenset[tuple[str, str]]:
        """The locked gems that come from a server, each with its name."""
        return frozenset(
            (package.name, remote.split("/")[3].partition("-")[0])
            for package in self.locked.packages
            for remote in package.origin.remotes
            if package.origin.kind == "gem"
        )

    def is_local(self, gem: str) -> bool:
        """Whether a gem comes from a folder or a repository, where no release of a server ends a defect."""
        return any(package.name == gem and package.origin.kind != "gem" for package in self.locked.packages)

    def copy(self, folder: Path) -> "Project":
        """The same project elsewhere, to change it."""
        shutil.copytree(self.folder, folder / "project")
        shutil.copytree(self.advisories, folder / "advisories")
        return Project(situation=self.situation, folder=folder / "project", gems=self.gems)


class Workshop:
    """One gem server and one Bundler for any number of situations; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bundler = RealBundler(folder / "bundler")
        self._server = GemServer()
        self._worlds = 0
        self.tools = self._bundler.tools

    def __enter__(self) -> Self:
        self._bundler.__enter__()
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        self._bundler.__exit__(kind, error, trace)

    def project(self, situation: Situation) -> Project:
        """The project of a situation, locked on the first day and looked at today."""
        assert not self.tools.loaded & {release.gem for release in situation.releases}
        home = self._new("situation")
        project = Project(situation=situation, folder=home / "project", gems=home / "gems")
        self._build(situation.releases, project.gems)
        advisory_files.write(project.advisories, situation.defects)
        then = self._publish(situation.first_day, (), project.gems)
        now = self._publish(situation.today, tuple(set(situation.releases) - set(situation.today)), project.gems)
        self._settle(project, project.folder, situation.gemfile, then)
        (project.folder / ".ruby-version").write_text(f"{self.tools.ruby}\n", encoding="utf-8")
        (outcome,) = self.bundle([Command(folder=project.folder, arguments=("lock",))])
        assert outcome.status == 0, outcome.output
        for path in (project.lockfile, project.folder / situation.manifest):
            _move(path, then, now)
        shutil.rmtree(project.folder / ".bundler-home", ignore_errors=True)
        return project

    def question(self, project: Project, gemfile: str, releases: Sequence[Release]) -> Command:
        """The command that locks the project from nothing, in a world that has only these releases."""
        folder = self._new("question") / "project"
        self._settle(project, folder, gemfile, self._publish(releases, (), project.gems))
        return Command(folder=folder, arguments=("lock",))

    def bundle(self, commands: Iterable[Command]) -> tuple[Outcome, ...]:
        """How the commands end, in their order; which one runs when is left to the machine."""
        return self._bundler.run(commands)

    def _settle(self, project: Project, folder: Path, gemfile: str, addresses: Mapping[Server, str]) -> None:
        """Fill a folder with what the project has beside its lockfile, and with the platforms it is for."""
        situation = project.situation
        for path, text in situation.files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        for repository in situation.repositories:
            _commit(project.folder / repository)
        (folder / situation.manifest).write_text(_addressed(gemfile, addresses, project.folder), encoding="utf-8")
        platforms = "".join(f"  {platform}\n" for platform in situation.platforms)
        (folder / situation.lockfile).write_text(_ONLY_PLATFORMS.format(platforms=platforms), encoding="utf-8")

    def _build(self, releases: Iterable[Release], folder: Path) -> None:
        for server, files in _by_server(releases):
            self._bundler.build(folder / server, [asdict(file) for file in files])

    def _publish(self, releases: Iterable[Release], yanked: Iterable[Release], gems: Path) -> Mapping[Server, str]:
        """The addresses of new indexes, one for each server."""
        self._worlds += 1
        have, had = dict(_by_server(releases)), dict(_by_server(yanked))
        return {
            server: self._server.publish(
                f"{server}-{self._worlds}",
                Index(files=have.get(server, ()), yanked=had.get(server, ()), folder=gems / server),
            )
            for server in get_args(Server)
        }

    def _new(self, kind: str) -> Path:
        self._worlds += 1
        folder = self._folder / f"{kind}-{self._worlds}"
        folder.mkdir()
        return folder


def versions(lockfile: Path) -> dict[str, str]:
    """The version of each gem of a lockfile that Bundler wrote."""
    text = lockfile.read_text(encoding="utf-8")
    return {package.name: package.version for package in read(lockfile.name, text).packages}


def _by_server(releases: Iterable[Release]) -> list[tuple[Server, tuple[GemFile, ...]]]:
    ordered = sorted(releases, key=lambda release: release.server)
    return [
        (server, tuple(file for release in group for file in _files(release)))
        for server, group in groupby(ordered, key=lambda release: release.server)
    ]


def _files(release: Release) -> Iterable[GemFile]:
    dependencies = tuple(
        (name, requirement or ">= 0") for name, _, requirement in (n.partition(" ") for n in release.needs)
    )
    for platform in release.platforms:
        yield GemFile(
            name=release.gem,
            version=release.version,
            platform=platform,
            dependencies=dependencies,
            ruby=release.ruby,
            rubygems=release.rubygems,
        )


def _addressed(gemfile: str, addresses: Mapping[Server, str], folder: Path) -> str:
    text = gemfile if 'source "one"' in gemfile else f'source "one"\n\n{gemfile}'
    for server, address in addresses.items():
        text = re.sub(rf'(source:?) "{server}"', rf'\1 "{address}"', text)
    return f"{text.replace('FOLDER', str(folder)).strip()}\n"


def _move(path: Path, then: Mapping[Server, str], now: Mapping[Server, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for server, address in then.items():
        text = text.replace(address, now[server])
    path.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> None:
    """Make a folder a Git repository with one commit, if it is none yet."""
    if (folder / ".git").exists():
        return
    git = ("git", "-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "init.defaultBranch=main")
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "A stub")):
        subprocess.run([*git, *words], cwd=folder, env=environment, check=True)
