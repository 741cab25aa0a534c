"""The inputs of the action, as its steps find them in their environment."""

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct

from gemaudit_action.runner import UsageError

Comment = Literal["never", "on-failure", "always"]

# The words of YAML 1.2, as `core.getBooleanInput` of actions/toolkit reads them.
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class Inputs(Struct, frozen=True, kw_only=True):
    """What the workflow asks for; an empty text leaves the choice to `.gemaudit.toml`.

    `only_new` is None where the event decides.
    """

    paths: tuple[str, ...] = ()
    config: str = ""
    fail_on: str = ""
    only_new: bool | None = None
    comment: Comment = "never"
    upload_sarif: bool = False
    summary: bool = True
    annotations: bool = True
    online: bool = False
    token: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Inputs":
        """The inputs that a step is given. Raise UsageError for a word without meaning."""

        def text(name: str) -> str:
            return environment.get(f"INPUT_{name}", "").strip()

        def choice(name: str, *, default: bool) -> bool:
            return _boolean(name, text(name)) if text(name) else default

        return cls(
            paths=tuple(filter(None, map(str.strip, text("PATH").splitlines()))),
            config=text("CONFIG"),
            fail_on=text("FAIL_ON"),
            only_new=_boolean("ONLY_NEW", text("ONLY_NEW")) if text("ONLY_NEW") else None,
            comment=_comment(text("COMMENT") or "never"),
            upload_sarif=choice("UPLOAD_SARIF", default=False),
            summary=choice("SUMMARY", default=True),
            annotations=choice("ANNOTATIONS", default=True),
            online=choice("ONLINE", default=False),
            token=text("TOKEN"),
        )


def _boolean(name: str, text: str) -> bool:
    if text not in _BOOLEANS:
        raise UsageError(f"`{_as_input(name)}` is `{text}`", "write `true` or `false`")
    return _BOOLEANS[text]


def _comment(text: str) -> Comment:
    for known in get_args(Comment):
        if text == known:
            return known  # type: ignore[no-any-return]
    raise UsageError(f"`comment` is `{text}`", f"write one of {', '.join(get_args(Comment))}")


def _as_input(name: str) -> str:
    return name.lower().replace("_", "-")
