"""The reader reads what the installed Bundler reads."""

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import lockfile_texts
import pytest

from gemaudit.lockfiles import read
from gemaudit.model.lockfile import Lockfile, Package
from gemaudit.model.requirement import Requirement

RUBY = shutil.which("ruby")
SCRIPT = Path(__file__).parents[1] / "oracles" / "bundler.rb"
SEED = 20240422
CASES = 600

pytestmark = pytest.mark.skipif(
    RUBY is None and not os.environ.get("CI"), reason="no `ruby` on PATH to compare with (required in CI)"
)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    chance = random.Random(SEED)  # noqa: S311 - the same lockfiles each time
    return [str(lockfile_texts.text(chance)) for _ in range(CASES)]


@pytest.fixture(scope="module")
def bundler(texts: list[str]) -> dict[str, Any]:
    assert RUBY, "the CI environment needs a `ruby` with Bundler"
    question = json.dumps({"texts": texts, "platforms": lockfile_texts.PLATFORMS})
    done = subprocess.run([RUBY, SCRIPT], input=question, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_nothing_is_refused_or_remarked_on(texts: list[str], bundler: dict[str, Any]) -> None:
    assert not [answer["refused"] for answer in bundler["answers"] if "refused" in answer]
    assert not [diagnostic for text in texts for diagnostic in read("Gemfile.lock", text).diagnostics]


def test_packages(texts: list[str], bundler: dict[str, Any]) -> None:
    for text, answer in zip(texts, bundler["answers"], strict=True):
        ours = [_package(package, bundler["platforms"]) for package in read("Gemfile.lock", text).packages]
        assert sorted(ours, key=_key) == sorted(answer["packages"], key=_key), text


def test_platforms(texts: list[str], bundler: dict[str, Any]) -> None:
    for text, answer in zip(texts, bundler["answers"], strict=True):
        ours = [bundler["platforms"][platform] for platform in read("Gemfile.lock", text).platforms]
        assert ours == answer["platforms"], text


def test_gemfile_dependencies(texts: list[str], bundler: dict[str, Any]) -> None:
    for text, answer in zip(texts, bundler["answers"], strict=True):
        ours = [
            [dependency.name, _requirement(dependency.requirement), dependency.pinned]
            for dependency in read("Gemfile.lock", text).dependencies
        ]
        assert ours == answer["dependencies"], text


def test_ruby_and_bundler(texts: list[str], bundler: dict[str, Any]) -> None:
    for text, answer in zip(texts, bundler["answers"], strict=True):
        lockfile = read("Gemfile.lock", text)
        assert (lockfile.bundled_with or None) == answer["bundled_with"], text
        assert (lockfile.ruby.text if lockfile.ruby else None) == answer["ruby_text"], text
        assert answer["ruby"] in (_ruby(lockfile), None), text


def test_most_rubies_are_compared(bundler: dict[str, Any]) -> None:
    assert sum(answer["ruby"] is not None for answer in bundler["answers"]) > CASES / 3


def test_checksums(texts: list[str], bundler: dict[str, Any]) -> None:
    # Bundler reads the section since 2.5, and Debian 12 has 2.3: there, the text itself is what to agree with.
    knows_them = any(answer["checksums"] for answer in bundler["answers"])
    for text, answer in zip(texts, bundler["answers"], strict=True):
        ours = {
            _full_name(item.name, item.version, item.platform, bundler["platforms"]): sorted(
                map("=".join, item.digests)
            )
            for item in read("Gemfile.lock", text).checksums
        }
        assert ours == ((answer["checksums"] or {}) if knows_them else _stated(text, bundler["platforms"])), text


def _stated(text: str, platforms: dict[str, str]) -> dict[str, list[str]]:
    """The lines of CHECKSUMS as `lockfile_texts` writes them."""
    section = text.partition("\nCHECKSUMS\n")[2].partition("\n\n")[0]
    return {
        _full_name(name, version, platform or "ruby", platforms): sorted(digests.split(",")) if digests else []
        for name, version, platform, digests in re.findall(r"  (\S+) \(([^-)]+)-?(\S*)\) ?(\S*)", section)
    }


def _full_name(name: str, version: str, platform: str, platforms: dict[str, str]) -> str:
    """`Gem::NameTuple#full_name`."""
    return f"{name}-{version}{'' if platform == 'ruby' else f'-{platforms[platform]}'}"


def _key(package: dict[str, Any]) -> tuple[str, str, str]:
    return package["name"], package["version"], package["platform"]


def _package(package: Package, platforms: dict[str, str]) -> dict[str, Any]:
    origin = package.origin
    return {
        "name": package.name,
        "version": package.version,
        "platform": platforms[package.platform],
        "source": {
            "kind": origin.kind,
            "remotes": sorted(origin.remotes),
            "options": dict(origin.options),
        },
        "dependencies": sorted([item.name, _requirement(item.requirement)] for item in package.dependencies),
    }


def _requirement(text: str) -> list[str]:
    return sorted(Requirement.parse(text).as_list())


def _ruby(lockfile: Lockfile) -> dict[str, str] | None:
    ruby = lockfile.ruby
    if ruby is None:
        return None
    return {
        "version": ruby.version,
        "engine": ruby.engine,
        "engine_version": ruby.engine_version or ruby.version,
    }
