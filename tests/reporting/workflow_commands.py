"""Workflow commands as the runner of GitHub Actions reads them from the log.

The rules are those of `TryParseV2` and `TryParse` in src/Runner.Common/ActionCommand.cs of actions/runner.
"""

from typing import NamedTuple

_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def parse(line: str) -> Command | None:
    """The command of a line of the log, whatever its name; None for a line that only says something."""
    text = line.lstrip()
    end = text.find("::", 2)
    if not text.startswith("::") or end < 0:
        return _old_style(line)
    name, _, rest = text[2:end].partition(" ")
    pairs = (part.split("=", 1) for part in rest.strip().split(",") if part)
    properties = {pair[0]: _unescaped(pair[1], _PROPERTY) for pair in pairs if len(pair) == 2 and pair[1]}
    return Command(name, properties, _unescaped(text[end + 2 :], _DATA))


def _old_style(line: str) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    return None if start < 0 or end < 0 else Command(line[start + 3 : end], {}, line[end + 1 :])


def _unescaped(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for written, meant in table:
        text = text.replace(written, meant)
    return text
