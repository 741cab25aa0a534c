"""`mise.toml`: `ruby` under `[tools]`, as a version, a list of which the first counts, or a table with `version`.

See jdx/mise, docs/configuration.md and docs/lang/ruby.md.
"""

import re

from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

NAME = "mise"

_TABLE = re.compile(r"\s*\[\s*tools\s*(?P<ruby>\.\s*[\"']?ruby[\"']?\s*)?\]\s*(?:#.*)?")
_OTHER_TABLE = re.compile(r"\s*\[")
_RUBY = re.compile(r"\s*(?:tools\s*\.\s*)?[\"']?ruby[\"']?\s*[.=]")


def observe(document: Document) -> Observation:
    """The Ruby that the file names, for the whole project."""
    import tomli  # noqa: PLC0415 - only what reads TOML pays for the import

    evidence = Evidence(document, NAME)
    try:
        raw = tomli.loads("\n".join(evidence.lines))
    except (ValueError, RecursionError) as error:
        return Observation(diagnostics=(_unreadable(evidence, error),))
    tools = raw.get("tools")
    version = _version(tools.get("ruby")) if isinstance(tools, dict) else None
    name = parse_ruby_name(version) if version else None
    return Observation(facts=evidence.facts(name.traits, _line(evidence.lines)) if name else ())


def _version(tool: object) -> str | None:
    if isinstance(tool, list):
        tool = tool[0] if tool else None
    if isinstance(tool, dict):
        tool = tool.get("version")
    return tool if isinstance(tool, str) else None


def _line(lines: list[str]) -> int:
    """The line of the key `ruby` of `[tools]`; that of the table where the key cannot be found."""
    is_inside = False
    inline = table = 0
    for number, line in enumerate(lines, 1):
        if header := _TABLE.fullmatch(line):
            if header["ruby"]:
                return number
            is_inside, table = True, table or number
        elif _OTHER_TABLE.match(line):
            is_inside = False
        elif _RUBY.match(line) and (is_inside or line.lstrip().startswith("tools")):
            return number
        elif not inline and line.lstrip().startswith("tools"):
            inline = number
    return inline or table or 1


def _unreadable(evidence: Evidence, error: Exception) -> Diagnostic:
    line = getattr(error, "lineno", 0)
    said = getattr(error, "msg", "it is nested too deeply")
    return evidence.diagnostic(
        "invalid-toml",
        f"this is not TOML, so the Ruby it names is not known: {said}",
        min(line, len(evidence.lines)),
        level="warning",
        hint="see https://toml.io for the syntax",
    )
