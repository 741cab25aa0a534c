"""The comment on a pull request: one, brought up to date in its place."""

import re
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from gemaudit_action.audit import Result
from gemaudit_action.inputs import Inputs
from gemaudit_action.rest import Api, ApiError

#: GitHub refuses a comment of more characters.
MOST_CHARACTERS = 65_536
# What may stand in a comment of HTML: no `>`, and no two hyphens.
_PLAIN = re.compile(r"[A-Za-z0-9_./]+(?:-[A-Za-z0-9_./]+)*")
_MOST_NAME = 80
_PAUSES = (1, 4, 10)


def marker_of(inputs: Inputs) -> str:
    """What a comment begins with; another one for other lockfiles or settings, so that several jobs do not fight."""
    name = ":".join(filter(None, (",".join(inputs.paths) or ".", inputs.config)))
    if not all(map(_PLAIN.fullmatch, re.split("[:,]", name))) or len(name) > _MOST_NAME:
        name = sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"<!-- gemaudit:{name} -->"


def body_of(marker: str, result: Result, report: str, run: str) -> str:
    """The text of the comment; without the report where that would be more than GitHub takes."""
    lead = "All clear.\n\n" if result == "pass" else ""
    foot = f"\n[The whole run]({run})\n" if run else ""
    text = f"{marker}\n{lead}{report}{foot}"
    return text if len(text) <= MOST_CHARACTERS else f"{marker}\n{lead}gemaudit: {result}{foot}"


def keep(
    api: Api, number: int, inputs: Inputs, body: str, *, fails: bool, pause: Callable[[float], None] = time.sleep
) -> None:
    """Bring the comment up to date; `on-failure` makes none for a run that passes. Raise ApiError where it fails."""
    marker = body.partition("\n")[0]
    for seconds in (*_PAUSES, None):
        found = _own(api, number, marker)
        if found:
            if found.get("body") != body:
                api.update_comment(int(found["id"]), body)
            return
        if not fails and inputs.comment == "on-failure":
            return
        try:
            api.create_comment(number, body)
        except ApiError as error:
            if not error.is_passing or seconds is None:
                raise
            pause(seconds)
        else:
            return


def _own(api: Api, number: int, marker: str) -> dict[str, Any] | None:
    """The comment that an earlier run made: anybody may write the marker."""
    marked = [one for one in api.comments(number) if str(one.get("body") or "").startswith(marker)]
    if not marked:
        return None
    login = api.login()
    return next((one for one in marked if _is_by(one.get("user") or {}, login)), None)


def _is_by(user: dict[str, Any], login: str) -> bool:
    # A token that belongs to no user belongs to an app, whose comments are those of a bot.
    return user.get("login") == login if login else user.get("type") == "Bot"
