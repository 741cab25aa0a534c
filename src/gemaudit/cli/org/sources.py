"""What a user names to be scanned: organisations, users, repositories, and files that list them."""

import re
import sys
from collections.abc import Iterable, Iterator

from gemaudit.adapters.paths import read_regular
from gemaudit.cli.console import fail
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.repository import Source, SourceKind

#: Logins, paths of groups and names of repositories; what else a forge may allow has none of the letters that mean
#: something to a URL or to a shell.
_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)*", re.ASCII)
_KINDS: dict[str, SourceKind] = {"org": "org", "group": "org", "user": "user", "repo": "repo"}
_LARGEST = 16 * 1024 * 1024
_HINT = "write `acme`, `user:NAME`, `OWNER/NAME`, or `@FILE` for a file that lists them"


def sources_of(texts: Iterable[str], *, groups_have_slashes: bool) -> tuple[Source, ...]:
    """What the texts name, each once and in their order; the run ends with exit code 2 for one that names nothing."""
    found: dict[Source, None] = {}
    for text in texts:
        lines = _lines(text.removeprefix("@")) if text.startswith("@") else [(text, "", 0)]
        for name, path, line in lines:
            source = _source(name, groups_have_slashes=groups_have_slashes)
            if source is None:
                message = f"`{name}` names no organisation, user or repository"
                fail(
                    ExitCode.UNUSABLE,
                    Diagnostic(code="no-source", message=message, path=path, line=line, text=name, hint=_HINT),
                )
            found[source] = None
    if not found:
        message = "there is nothing to scan"
        fail(ExitCode.UNUSABLE, Diagnostic(code="no-source", message=message, path="", hint=_HINT))
    return tuple(found)


def _source(text: str, *, groups_have_slashes: bool) -> Source | None:
    prefix, separator, name = text.partition(":")
    if not separator:
        kind: SourceKind | None = "repo" if "/" in text and not groups_have_slashes else "org"
        name = text
    else:
        kind = _KINDS.get(prefix)
    if kind is None or not _NAME.fullmatch(name) or (kind == "repo" and "/" not in name):
        return None
    return Source(kind, name)


def _lines(file: str) -> Iterator[tuple[str, str, int]]:
    """The lines of a file that name something, with the place of each."""
    shown = "<stdin>" if file == "-" else file
    try:
        content = sys.stdin.buffer.read(_LARGEST + 1) if file == "-" else read_regular(file, _LARGEST + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"the list cannot be read: {(reason or 'the system refuses').lower()}"
        fail(ExitCode.UNUSABLE, Diagnostic(code="unreadable-file", message=message, path=shown, hint=_HINT))
    if len(content) > _LARGEST:
        message = "the list is larger than 16 MiB"
        fail(ExitCode.UNUSABLE, Diagnostic(code="unreadable-file", message=message, path=shown, hint=_HINT))
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        if name:
            yield name, shown, number
