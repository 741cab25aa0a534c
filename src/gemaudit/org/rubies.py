"""Until when the Rubies of an organisation get fixes."""

import datetime
from collections.abc import Callable

from gemaudit.model.requirement import Requirement
from gemaudit.model.rubies import RubyReleases


def end_of_life(releases: RubyReleases, today: datetime.date) -> Callable[[str, str], tuple[str, bool]]:
    """Something that tells, for an engine and a version, the day on which its branch ends and whether it has passed.

    A version may be a series, as in `~> 3.4.0`. The day is ISO 8601, empty where it is not known.
    """

    def told(engine: str, ruby: str) -> tuple[str, bool]:
        branch = releases.branch(_branch(ruby, releases)) if engine in {"", "ruby"} and ruby else None
        if branch is None or branch.end_of_life is None:
            return "", False
        return branch.end_of_life.isoformat(), branch.end_of_life <= today

    return told


def _branch(ruby: str, releases: RubyReleases) -> str:
    try:
        return releases.branch_of(ruby) if ruby[0].isdigit() else releases.only_branch(Requirement.parse(ruby))
    except ValueError:
        return ""
