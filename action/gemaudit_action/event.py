"""What happened on GitHub, as far as it matters.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from gemaudit_action.runner import UsageError

_LARGEST = 64 * 1024 * 1024
# SHA-1 or SHA-256; a branch that was just created has zeros before it.
_COMMIT = re.compile(r"(?!0+$)(?:[0-9a-f]{40}|[0-9a-f]{64})")


class _Repository(Struct, frozen=True):
    id: int = 0


class _Side(Struct, frozen=True):
    sha: str = ""
    repo: _Repository | None = None


class _PullRequest(Struct, frozen=True):
    number: int
    base: _Side
    head: _Side


class _MergeGroup(Struct, frozen=True):
    base_sha: str = ""


class _Payload(Struct, frozen=True):
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None
    before: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """An event; texts are empty and the number is 0 where it has none.

    `base` is the commit that came before, `head` the last commit of a pull request.
    A pull request `is_fork` where it comes from another repository: the token of its runs can only read.
    """

    name: str
    number: int = 0
    base: str = ""
    head: str = ""
    is_fork: bool = False

    @property
    def is_proposal(self) -> bool:
        """Whether somebody proposes a change, which is then to blame only for what is new."""
        return bool(self.number) or self.name == "merge_group"


def event_of(environment: Mapping[str, str]) -> Event:
    """The event of a run. Raise UsageError where the runner tells none that can be read."""
    name, file = environment.get("GITHUB_EVENT_NAME", ""), environment.get("GITHUB_EVENT_PATH", "")
    if not file:
        return Event(name=name)
    try:
        content = Path(file).read_bytes()
        if len(content) > _LARGEST:
            raise UsageError("the event is larger than 64 MiB", "report it: no event of GitHub is")
        payload = msgspec.json.decode(content, type=_Payload)
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"the event cannot be read: {error}", "run the action on a runner of GitHub Actions"
        ) from error
    return _event(name, payload)


def _event(name: str, payload: _Payload) -> Event:
    request = payload.pull_request
    if request is None:
        group = payload.merge_group
        return Event(name=name, base=_commit(group.base_sha if group else payload.before or ""))
    ids = [side.repo.id if side.repo else 0 for side in (request.head, request.base)]
    return Event(
        name=name,
        number=request.number,
        base=_commit(request.base.sha),
        head=_commit(request.head.sha),
        is_fork=ids[0] != ids[1],
    )


def _commit(text: str) -> str:
    return text if _COMMIT.fullmatch(text) else ""
