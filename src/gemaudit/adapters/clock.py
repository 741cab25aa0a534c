"""The day on which an audit is made."""

import datetime
import os


def today() -> datetime.date:
    """The date in UTC; that of `SOURCE_DATE_EPOCH` where it is set to a number, so that a report can be made again."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return datetime.datetime.fromtimestamp(int(epoch), tz=datetime.UTC).date()
    except (ValueError, OverflowError, OSError):
        return datetime.datetime.now(tz=datetime.UTC).date()
