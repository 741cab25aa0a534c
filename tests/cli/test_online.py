"""`--online` on the command line: what faults of a gem server come to, and that no secret is ever said."""

import base64
import functools
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1] / "adapters" / "rubygems"))

from server import FAST, GemServer, Reply

import gemaudit.adapters.rubygems
from gemaudit.cli.app import app

SECRET = "s3cr3t-t0k3n"  # noqa: S105 - of no server
ADVISORIES = Path(__file__).parent / "transcripts" / "advisories"
EMBER = """---
1.3.0 |checksum:{a}
1.4.0 |checksum:{b}
1.5.0 |checksum:{c}
""".format(a="a" * 64, b="b" * 64, c="c" * 64)
WRONG = base64.b64encode(bytes(32)).decode()
LOCKFILE = """GEM
  remote: {remote}
  specs:
    ember (1.3.0)

PLATFORMS
  ruby

DEPENDENCIES
  ember
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[GemServer]:
    quick = functools.partial(
        gemaudit.adapters.rubygems.GemServers, limits=replace(FAST, silence=0.5, answer=1, attempts=2)
    )
    monkeypatch.setattr(gemaudit.adapters.rubygems, "GemServers", quick)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    with GemServer().running() as server:
        server.indexes = {"ember": EMBER}
        yield server


def check(server: GemServer, *options: str, remote: str = "") -> Result:
    Path("Gemfile.lock").write_text(LOCKFILE.format(remote=remote or server.url))
    arguments = ["check", "Gemfile.lock", "--engine", "ruby", "--db", str(ADVISORIES), *options]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def fix(*options: str) -> str:
    """What it says about the lockfile that is there."""
    arguments = ["fix", "Gemfile.lock", "--engine", "ruby", "--online", "--db", str(ADVISORIES), *options]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_plan_that_a_failing_server_left_unverified_does_not_pass_for_one_that_was_verified(
    server: GemServer,
) -> None:
    check(server)
    server.replies["/info/ember"].extend([Reply(500)] * 8)
    arguments = ["fix", "Gemfile.lock", "--engine", "ruby", "--online", "--db", str(ADVISORIES)]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 5


def the_step(result: Result) -> dict[str, object]:
    (step,) = [one for one in json.loads(result.stdout)["plan"] if one["package"] == "ember"]
    return {key: step[key] for key in ("outcome", "to", "verified")}


def test_a_plan_from_the_server(server: GemServer) -> None:
    result = check(server, "--online", "--format", "json")
    assert result.exit_code == 1
    assert the_step(result) == {"outcome": "upgrade", "to": "1.5.0", "verified": True}
    assert "unverified" not in check(server, "--online").stdout


def test_without_the_network_from_what_was_fetched(server: GemServer) -> None:
    check(server, "--online")
    asked = len(server.requests)
    result = check(server, "--offline", "--format", "json")
    assert the_step(result) == {"outcome": "upgrade", "to": "1.5.0", "verified": True}
    assert len(server.requests) == asked


FAULTS = {
    "500": [Reply(500)] * 9,
    "429": [Reply(429, headers={"Retry-After": "3600"})] * 9,
    "truncated": [Reply(200, EMBER.encode(), missing=20)] * 9,
    "wrong digest": [Reply(200, EMBER.encode(), {"Repr-Digest": f"sha-256=:{WRONG}:"})] * 9,
    "slow": [Reply(200, EMBER.encode(), pause=0.4)] * 9,
    "a page": [Reply(200, b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/html"})] * 9,
    "login": [Reply(401)] * 9,
    "redirect to another host": [Reply(302, headers={"Location": "http://localhost:1/info/ember"})] * 9,
}


@pytest.mark.parametrize("replies", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("gate", "code"), [("medium", 1), ("none", 5)])
def test_a_fault_makes_no_wrong_plan(server: GemServer, replies: list[Reply], gate: str, code: int) -> None:
    server.reply("ember", *replies)
    result = check(server, "--online", "--format", "json", "--fail-on", gate)
    assert result.exit_code == code
    assert the_step(result) == {"outcome": "upgrade", "to": "1.4.0", "verified": False}
    (warning,) = [one for one in json.loads(result.stdout)["warnings"] if "info/ember" in (one["path"] or "")]
    assert warning["hint"]


@pytest.mark.parametrize("harm", ["", "\x1b[31m", "\u202e"])
def test_a_lockfile_that_a_terminal_would_obey_is_in_no_diff(server: GemServer, harm: str) -> None:
    text = f"{LOCKFILE.format(remote=server.url)}\nNOTES\n  {harm}\n"
    Path("Gemfile.lock").write_text(text, encoding="utf-8")
    said = fix("--diff")
    assert ("+    ember (1.5.0)\n" in said) == (not harm)
    assert not harm or harm not in said


#: What no gem server should say: the version, the platform or a requirement is none.
MALFORMED = [
    "one |checksum:{d}",
    "1..6 |checksum:{d}",
    "1.6.0- |checksum:{d}",
    "1.6.0-- |checksum:{d}",
    "1.6.0-\u202e |checksum:{d}",
    "1.6.0 flint:~> one|checksum:{d}",
    "1.6.0 flint:=> 1|checksum:{d}",
    "1.6.0 flint:>= 1&&< 2|checksum:{d}",
    "1.6.0 :>= 1|checksum:{d}",
    "1.6.0 ,|checksum:{d}",
    "1.6.0 |checksum:{d},ruby:one",
    "1.6.0 |checksum:{d},rubygems:>= &",
    "1.6.0 |checksum:{d},ruby:>= 1,ruby:>= 2",
    "1.6.0 |checksum:none",
    "1.6.0|",
    "\x00",
    "9" * 400,
]
#: Well-formed, and of a machine that there is not.
STRANGE = ["1.6.0-a |checksum:{d}", "1.6.0-x86_64-- |checksum:{d}", "1.6.0-0-0-0-0 |checksum:{d}"]


@pytest.mark.parametrize("line", [*MALFORMED, *STRANGE])
def test_a_malformed_line_is_passed_over(server: GemServer, line: str) -> None:
    server.indexes["ember"] = EMBER + line.format(d="d" * 64) + "\n"
    for place in ([], ["--platform", "x86_64-linux-musl"]):
        result = check(server, "--online", "--format", "json", *place)
        assert the_step(result) == {"outcome": "upgrade", "to": "1.5.0", "verified": True}
    assert "# 1. ember 1.3.0 -> 1.5.0\n" in fix()
    assert "+    ember (1.5.0)\n" in fix("--diff")


def test_a_server_that_is_not_there(server: GemServer) -> None:
    result = check(server, "--online", "--fail-on", "none", remote="http://127.0.0.1:1/")
    assert result.exit_code == 5
    assert "unverified" in result.stdout


def test_a_stale_etag_is_not_believed(server: GemServer) -> None:
    check(server, "--online")
    server.indexes["ember"] = EMBER.replace("1.5.0", "1.6.0")
    server.reply("ember", Reply(304, headers={"ETag": '"another"'}))
    result = check(server, "--online", "--format", "json")
    assert the_step(result)["to"] in {"1.5.0", "1.6.0"}


@pytest.mark.parametrize(
    "fault", [None, Reply(500), Reply(401), Reply(302, headers={"Location": "http://localhost:1/"})]
)
@pytest.mark.parametrize("format_", ["text", "json", "html", "sarif", "github", "markdown", "junit", "csv"])
def test_a_token_is_never_said(
    server: GemServer,
    fault: Reply | None,
    format_: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("BUNDLE_127__0__0__1", f"me:{SECRET}")
    server.login = f"me:{SECRET}"
    if fault is not None:
        server.reply("ember", *[fault] * 9)
    result = check(server, "--online", "--all", "--format", format_, remote=server.url_as(f"me:{SECRET}"))
    # The lockfile's own address has it, too.
    assert SECRET not in result.output
    assert SECRET not in caplog.text
    cached = [path for path in (tmp_path / "XDG_CACHE_HOME").rglob("*") if path.is_file()]
    assert not any(SECRET in f"{path}{path.read_bytes()!r}" for path in cached)
    assert bool(cached) == (fault is None)
