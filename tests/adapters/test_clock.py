import datetime

import pytest

from gemaudit.adapters.clock import today


def test_the_day_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")
    assert today() == datetime.date(2026, 11, 21)


@pytest.mark.parametrize("text", ["", "yesterday", "9" * 30])
def test_otherwise_it_is_the_present_one(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    assert abs(today() - datetime.datetime.now(tz=datetime.UTC).date()) <= datetime.timedelta(days=1)
