"""Indexes and settings mean what they mean to the installed Bundler."""

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gemaudit.adapters.rubygems.compact_index import parse_index
from gemaudit.adapters.rubygems.credentials import Credentials, Netrc
from gemaudit.adapters.rubygems.server import server_of
from gemaudit.adapters.rubygems.settings import key_of, read_settings
from gemaudit.model.gem_index import GemFile
from gemaudit.model.requirement import Requirement

RUBY = shutil.which("ruby")
SCRIPT = Path(__file__).with_name("compact_index.rb")
SEED = 20240422
LINES = 4_000

pytestmark = pytest.mark.skipif(
    RUBY is None and not os.environ.get("CI"), reason="no `ruby` on PATH to compare with (required in CI)"
)

KEYS = [
    "gems.example.org",
    "my-host.example-corp.org",
    "mirror.all",
    "mirror.https://rubygems.org",
    "https://a-b.org/x",
]
REMOTES = [
    "https://gems.example.org/",
    "https://gems.example.org",
    "https://gems.example.org/private/",
    "https://user:inline@gems.example.org/",
    "https://my-host.example-corp.org/",
    "https://mirrored.example.org/",
    "https://mirrored-by-host.example.org/any/path",
    "https://from-file.example.org/",
    "https://both.example.org/",
    "https://user-only.example.org/",
    "https://port.example.org:8443/",
    "https://nobody.example.org/",
]
ENVIRONMENT = {
    "BUNDLE_GEMS__EXAMPLE__ORG": "env:host",
    "BUNDLE_HTTPS://GEMS__EXAMPLE__ORG/PRIVATE/": "env:folder",
    "BUNDLE_MY___HOST__EXAMPLE___CORP__ORG": "env%40corp:dash%3Aed",
    "BUNDLE_MIRROR__HTTPS://MIRRORED__EXAMPLE__ORG/": "https://mirror.example.org/root",
    "BUNDLE_MIRROR__MIRRORED___BY___HOST__EXAMPLE__ORG": "https://in:side@mirror.example.org",
    "BUNDLE_MIRROR__EXAMPLE__ORG": "env:mirror",
    "BUNDLE_BOTH__EXAMPLE__ORG": "env:both",
    "BUNDLE_USER___ONLY__EXAMPLE__ORG": "onlyatoken",
    "BUNDLE_PORT__EXAMPLE__ORG": "env:port",
}
LOCAL = 'BUNDLE_BOTH__EXAMPLE__ORG: "local:both"\nBUNDLE_PATH: "vendor/bundle"\n'
USER = """---
BUNDLE_FROM___FILE__EXAMPLE__ORG: "user:file"
BUNDLE_GEMS__EXAMPLE__ORG: "user:gems"
BUNDLE_HTTPS://NOBODY__EXAMPLE__ORG: "user:address"
"""


@pytest.fixture(scope="module")
def lines() -> list[str]:
    chance = random.Random(SEED)  # noqa: S311 - the same lines each time
    return [_line(chance) for _ in range(LINES)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in {"Gemfile": "", ".bundle/config": LOCAL, "home/.bundle/config": USER}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def bundler(lines: list[str], project: Path) -> dict[str, Any]:
    assert RUBY, "the CI environment needs a `ruby` with Bundler"
    done = subprocess.run(
        [RUBY, SCRIPT],
        input=json.dumps({"lines": lines, "keys": KEYS, "remotes": REMOTES}),
        env={"PATH": os.environ["PATH"], "HOME": str(project / "home"), **ENVIRONMENT},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_line_that_is_read_means_what_bundler_takes_it_to_mean(lines: list[str], bundler: dict[str, Any]) -> None:
    read = [(line, parse_index(line).files, answer) for line, answer in zip(lines, bundler["lines"], strict=True)]
    for line, files, answer in read:
        for file in files:
            assert _facts(file) == _comparable(answer, line), line
    accepted = sum(1 for _, files, _ in read if files)
    assert LINES // 4 < accepted < LINES, "the lines are neither all good nor all bad"


def test_every_line_that_a_server_writes_is_read(lines: list[str]) -> None:
    well_formed = [line for line in lines if "\t" not in line and line == _unspoiled(line)]
    assert len(well_formed) > LINES // 4
    assert [line for line in well_formed if not parse_index(line).files] == []


def test_keys_are_spelled_alike(bundler: dict[str, Any]) -> None:
    assert list(map(key_of, KEYS)) == bundler["keys"]


def test_the_same_server_is_asked_in_the_same_name(project: Path, bundler: dict[str, Any]) -> None:
    environment = {"HOME": str(project / "home"), **ENVIRONMENT}
    settings, problems = read_settings(environment, project)
    assert problems == ()
    for remote, asked in zip(REMOTES, bundler["remotes"], strict=True):
        server = server_of(remote, settings, Netrc(environment))
        scheme, _, rest = asked.partition("://")
        userinfo, at, place = rest.rpartition("@")
        assert str(server.url) == f"{scheme}://{place}", remote
        expected = Credentials.of_userinfo(userinfo).header if at else None
        assert (server.credentials.header if server.credentials else None) == expected, remote


def _facts(file: GemFile) -> dict[str, object]:
    return {
        "version": file.version,
        "platform": file.platform,
        "dependencies": [[item.name, _requirement(item.requirement)] for item in file.dependencies],
        "ruby": _requirement(file.ruby),
        "rubygems": _requirement(file.rubygems),
        "checksum": file.sha256,
    }


def _comparable(answer: dict[str, Any], line: str) -> dict[str, object]:
    assert "refused" not in answer, (line, answer)
    same = {key: answer[key] for key in ("version", "platform", "dependencies")}
    demands = {key: [] if answer[key] in (None, [">= 0"]) else answer[key] for key in ("ruby", "rubygems")}
    return {**same, **demands, "checksum": (answer["checksum"] or "").lower()}


def _requirement(text: str) -> list[str]:
    return sorted(Requirement.parse(text).as_list()) if text else []


def _line(chance: random.Random) -> str:
    """A line of an index, half of the time with something wrong in it."""
    dependencies = ",".join(f"{_name(chance)}:{_demand(chance)}" for _ in range(chance.randrange(4)))
    stated = [
        f"checksum:{chance.getrandbits(256):064x}",
        *chance.sample([f"ruby:{_demand(chance)}", f"rubygems:{_demand(chance)}"], chance.randrange(3)),
    ]
    platform = chance.choice(["", "", "-java", "-x86_64-linux-musl", "-arm64-darwin", "-x86-mswin32-60"])
    line = f"{_version(chance)}{platform} {dependencies}|{','.join(stated)}"
    if chance.random() < 0.5:
        return line
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(line) + 1)
        line = line[:place] + chance.choice("\t :,|&-.x9<>=~") + line[place + chance.randrange(3) :]
    return line


def _unspoiled(line: str) -> str:
    """The line itself where its grammar is what a server writes, and otherwise nothing."""
    version = r"\d+(\.\d+)*(\.rc\d)?"
    demand = rf"(>=|<|~>|!=|=) {version}"
    demands = rf"{demand}(&{demand})*"
    name = "[a-z_-]+"
    pattern = (
        rf"{version}(-[a-z0-9_]+(-[a-z0-9]+)*)? ({name}:{demands}(,{name}:{demands})*)?"
        rf"\|checksum:[0-9a-f]{{64}}(,ruby:{demands}|,rubygems:{demands})*"
    )
    return line if re.fullmatch(pattern, line) else ""


def _name(chance: random.Random) -> str:
    return chance.choice(["gneiss", "schist-core", "basalt_native", "a", "rails-html-sanitizer"])


def _demand(chance: random.Random) -> str:
    operators = [">=", "<", "~>", "!=", "="]
    return "&".join(f"{chance.choice(operators)} {_version(chance)}" for _ in range(chance.randrange(1, 4)))


def _version(chance: random.Random) -> str:
    numbers = ".".join(str(chance.randrange(30)) for _ in range(chance.randrange(1, 5)))
    return numbers + chance.choice(["", "", "", ".rc1"])
