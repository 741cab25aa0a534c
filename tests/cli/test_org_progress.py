"""What a log says of a scan."""

import anyio
import pytest

from gemaudit.adapters.forges.forge import Budget
from gemaudit.cli.org import progress
from gemaudit.cli.org.progress import Lines, beating, watching


def test_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(lambda: Budget(limit=5000, remaining=1200, reset=0))
    lines.listed(300)
    lines.settled("audited", 20)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    lines.settled("failed")
    said = capsys.readouterr().err
    assert said.startswith("21 of 300 repositories \u00b7 ")
    assert said.endswith(" \u00b7 1 failed \u00b7 1200 of 5000 requests left\n")


def test_a_scan_that_waits_says_until_when(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_BEATS", 0.001)
    lines = Lines(lambda: Budget(limit=5000, remaining=0, reset=1_800_000_000))

    async def wait() -> None:
        with anyio.move_on_after(0.2):
            await beating(lines)

    anyio.run(wait)
    assert "0 of 5000 requests left \u00b7 more at 08:00 UTC" in capsys.readouterr().err


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    with watching(lambda: None, quiet=True, no_color=True) as lines:
        lines.listed(1)
        lines.settled("audited")
        lines.beat()
    assert capsys.readouterr().err == ""
