"""The versions, requirements and platforms of `gemaudit.model` answer as the installed RubyGems does."""

import json
import os
import random
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from gemaudit.model.platform import Platform, best_variant
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

RUBY = shutil.which("ruby")
SCRIPT = Path(__file__).parents[1] / "oracles" / "rubygems.rb"
SEED = 20240422
CASES = 6_000

pytestmark = pytest.mark.skipif(
    RUBY is None and not os.environ.get("CI"), reason="no `ruby` on PATH to compare with (required in CI)"
)

NUMBERS = ("0", "0", "0", "1", "1", "2", "3", "9", "10", "11", "00", "01", "100", "20240422", "9" * 40)
WORDS = ("a", "b", "A", "B", "pre", "rc", "rc1", "rc2", "rc10", "beta", "alpha", "dev", "0a", "1a2b", "x64", "a0")
ODD_VERSIONS = (
    *("", " ", "\n", "1", "1.", ".1", "1..2", "1.2.", "a", "a.1", "v1.0", "1.0+build", "1_0", "1.0-", "-1", "1,0"),
    *(
        "1.0 beta",
        "1\n2",
        "1\n",
        "\t1.0\r\n",
        "\uff11.0",
        "1.\u00e9",
        "1.0.0-x86_64-linux",
        "0x10",
        "junk",
        "1.2.3-4.5-6",
    ),
    *("1-2", "1--", "1--a", "1-.a", "1.-a", "1-a..b", "9" * 256, "0", "00", "0.0", "0.0.a", "0.a", "1.0.0.a.0", "1a"),
    *("1.a0b1", "1\u00a0", "\u00a01", "1\x0b", "1\x00", "1.0\v", "1.0\f", "1.2.3-rc.1", "1.2.3-rc1.x-y", "1.0-A"),
)
OPERATORS = ("=", "!=", ">", "<", ">=", "<=", "~>", "~>", "~>", "")
ODD_REQUIREMENTS = (
    *("", " ", "junk", "=> 1", "~>", "> = 1", "1 2", "=", "== 1", "=~ 1", "^1.0", "1.x", "*", "> 1.*", "!1", "! 1"),
    *(">= 0", ">=0", " >= 0 ", ">= 0.a", ">= 0.0", "~>1-beta", "=1", "\t=\n1", "~ > 1", ">= 1.", "<> 1", ">=\u00a01"),
)
CPUS = (
    *("x86_64", "aarch64", "arm", "armv5", "armv6l", "armv7l", "arm64", "x86", "i386", "i686", "universal", "x64"),
    *("riscv64", "ppc64le", "powerpc", "s390x", "sparc", "amd64", "java", "mips64el", "wasm32", "loongarch64"),
)
SYSTEMS = (
    *("linux", "linux-gnu", "linux-musl", "linux-uclibc", "linux-gnueabi", "linux-gnueabihf", "linux-musleabi"),
    *("linux-musleabihf", "linux-eabi", "linux-eabihf", "linux-none", "unknown-linux", "darwin", "darwin-8"),
    *("darwin-20", "darwin23", "darwin-23", "mingw32", "mingw", "mingw-ucrt", "mswin32", "mswin32-60", "mswin32_80"),
    *("mswin64", "mswin64-140", "mswin64_100", "java", "java-1.8", "java-11", "java-17", "jruby", "freebsd"),
    *("freebsd-13", "freebsd14", "openbsd7.0", "openbsd", "solaris-2.11", "solaris2.10", "cygwin", "aix7", "aix"),
    *("dalvik", "dotnet", "dotnet4.0", "macruby", "netbsdelf", "plan9", ""),
)
NAMES = ("ruby", "", "java", "jruby", "java11", "java1.8", "linux", "mswin32", "mswin64", "mingw32", "universal")
ODD_PLATFORMS = ("-", "--", "x86_64-", "-linux", "unknown", "a-b-c-d", "x86_64-linux-", "x86_64--linux", "dalvik8")


@dataclass(frozen=True)
class Questions:
    versions: list[str]
    orders: list[tuple[str, str]]
    requirements: list[list[str]]
    admissions: list[tuple[list[str], str]]
    platforms: list[str]
    installations: list[tuple[str, str]]
    choices: list[tuple[list[str], str]]


class Oracle:
    """The questions, and the answers of one run of Ruby."""

    def __init__(self) -> None:
        self.questions = _questions(random.Random(SEED))  # noqa: S311 - repeatable cases, no secret

    @cached_property
    def answers(self) -> dict[str, Any]:
        assert RUBY is not None, "the tests need a `ruby` on PATH in CI"
        # RUBYLIB and RUBYOPT may name another RubyGems to compare with.
        run = subprocess.run(
            [RUBY, "--disable-gems", "-Eutf-8", str(SCRIPT)],
            input=json.dumps(vars(self.questions)).encode(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert run.returncode == 0, run.stderr.decode()
        found = json.loads(run.stdout)
        assert isinstance(found, dict)
        return found

    @cached_property
    def rubygems(self) -> Version:
        return Version.parse(self.answers["rubygems"])


def _version(rng: random.Random) -> str:
    first, *rest = (rng.choice(WORDS if rng.random() < 0.3 else NUMBERS) for _ in range(rng.randint(1, 6)))
    text = ".".join((first if first.isdigit() else "0." + first, *rest))
    if rng.random() < 0.06:
        text += rng.choice(("-1", "-beta", "-rc.1", "-a-b", "-0", "-java", "-"))
    return text


def _neighbour(rng: random.Random, text: str) -> str:
    return text + rng.choice((".0", ".0.0", ".a", ".0.a", ".00", ".1", "0", "a", ".a.0", ".0.1", ".a.1", ".Z", ""))


def _part(rng: random.Random) -> str:
    return rng.choice(OPERATORS) + rng.choice((" ", "", "  ")) + _version(rng)


def _admission(rng: random.Random) -> tuple[list[str], str]:
    parts = [_part(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    if rng.random() < 0.5:
        return parts, _version(rng)
    bound = re.sub(r"\A[^0-9]*", "", rng.choice(parts))
    if rng.random() < 0.4 and bound.replace(".", "").isdigit():
        bound = Version.parse(bound).bump.text
    return parts, _neighbour(rng, bound)


def _relatives(host: str) -> list[str]:
    cpu, _, system = host.partition("-")
    systems = [system, system.partition("-")[0], "linux-musl", "linux-gnu", "linux"]
    return [f"{other}-{name}" for other in (cpu, "universal", "arm") for name in systems]


def _questions(rng: random.Random) -> Questions:
    orders = [(_version(rng), _version(rng)) for _ in range(CASES // 2)]
    orders += [(text, _neighbour(rng, text)) for text in (_version(rng) for _ in range(CASES // 2))]
    orders = [pair for pair in orders if all(map(_is_well_formed, pair))]
    names = [f"{cpu}-{system}" for cpu, system in product(CPUS, SYSTEMS)]
    pairs = [(rng.choice(names), rng.choice(names)) for _ in range(CASES)]
    same_cpu = [(f"{cpu}-{gem}", f"{cpu}-{host}") for cpu in CPUS[:4] for gem, host in product(SYSTEMS, SYSTEMS)]
    platforms = [*names, *NAMES, *ODD_PLATFORMS]
    hosts = [rng.choice(names) for _ in range(CASES)]
    choices = [(rng.sample([*_relatives(host), "ruby", "java", *NAMES], 6), host) for host in hosts]
    return Questions(
        versions=[*ODD_VERSIONS, *(_version(rng) for _ in range(CASES))],
        orders=orders,
        requirements=[[], *([part] for part in ODD_REQUIREMENTS), *([_part(rng), _part(rng)] for _ in range(CASES))],
        admissions=[_admission(rng) for _ in range(CASES)],
        platforms=platforms,
        installations=[*pairs, *same_cpu, *product(NAMES, platforms), *product(platforms, NAMES)],
        choices=choices,
    )


def _is_well_formed(text: str) -> bool:
    try:
        Version.parse(text)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


def _facts_of_version(text: str) -> dict[str, object] | None:
    try:
        version = Version.parse(text)
    except ValueError:
        return None
    return {
        "text": version.text,
        "segments": list(version.segments),
        "prerelease": version.is_prerelease,
        "release": version.release.text,
        "bump": version.bump.text,
    }


def _order(left: str, right: str) -> int:
    one, other = Version.parse(left), Version.parse(right)
    return (one > other) - (one < other)


def _facts_of_requirement(parts: list[str]) -> dict[str, object] | None:
    try:
        requirement = Requirement.parse(parts)
    except ValueError:
        return None
    return {"text": str(requirement), "list": list(requirement.as_list()), "none": requirement.is_none}


def _admits(parts: list[str], text: str) -> bool | None:
    try:
        requirement, version = Requirement.parse(parts), Version.parse(text)
    except ValueError:
        return None
    assert requirement.admits(version) == requirement.ranges.contains(version)
    return requirement.admits(version)


def _facts_of_platform(text: str) -> list[str | None]:
    platform = Platform.parse(text)
    return [platform.cpu, platform.os, platform.version]


def _differences(cases: list[Any], ours: list[Any], theirs: list[Any]) -> list[tuple[Any, Any, Any]]:
    rows = zip(cases, ours, theirs, strict=True)
    return [(case, mine, other) for case, mine, other in rows if mine != other][:20]


def test_versions_read_alike(oracle: Oracle) -> None:
    cases = oracle.questions.versions
    assert not _differences(cases, [_facts_of_version(text) for text in cases], oracle.answers["versions"])


def test_versions_sort_alike(oracle: Oracle) -> None:
    cases = oracle.questions.orders
    assert len(cases) > 5_000
    assert not _differences(cases, [_order(*pair) for pair in cases], oracle.answers["orders"])


def test_requirements_read_alike(oracle: Oracle) -> None:
    cases = oracle.questions.requirements
    assert not _differences(cases, [_facts_of_requirement(parts) for parts in cases], oracle.answers["requirements"])


def test_requirements_admit_alike(oracle: Oracle) -> None:
    cases = oracle.questions.admissions
    assert not _differences(cases, [_admits(*case) for case in cases], oracle.answers["admissions"])


def test_gems_install_alike(oracle: Oracle) -> None:
    cases = oracle.questions.installations

    def installs(gem: str, host: str) -> bool:
        return Platform.parse(gem).installs_on(Platform.parse(host), rubygems=oracle.rubygems)

    ours = [installs(*case) for case in cases]
    assert not _differences(cases, ours, oracle.answers["installations"])


def test_platforms_read_alike(oracle: Oracle) -> None:
    rows = list(zip(oracle.questions.platforms, oracle.answers["platforms"], strict=True))
    if oracle.rubygems < Version.parse("3.3.22"):
        rows = [row for row in rows if "gnu" not in row[0]]  # the older parser drops it
    cases = [text for text, _ in rows]
    ours = [_facts_of_platform(text) for text in cases]
    assert not _differences(cases, ours, [answer for _, answer in rows])


def test_the_same_variant_is_best(oracle: Oracle) -> None:
    assert oracle.answers["choices"] is not None, "this `ruby` ranks no platforms: RubyGems 3.7 does, and any Bundler"
    for (names, host), best in zip(oracle.questions.choices, oracle.answers["choices"], strict=True):
        candidates = [Platform.parse(name) for name in names]
        chosen = best_variant(candidates, Platform.parse(host), rubygems=oracle.rubygems)
        assert chosen in ([candidates[index] for index in best] or [None]), (names, host)
