"""The day on which an audit is made."""

import datetime
import os


def now() -> str:
    """The moment in UTC, as in `2026-11-21T02:00:00Z`; that of `SOURCE_DATE_EPOCH` where it is set to a number."""
    return _moment().strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> datetime.date:
    """The date in UTC; that of `SOURCE_DATE_EPOCH` where it is set to a number, so that a report can be made again."""
    return _moment().date()


def _moment() -> datetime.datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return datetime.datetime.fromtimestamp(int(epoch), tz=datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.datetime.now(tz=datetime.UTC)
