"""`mise.lock`: the version that mise has chosen for the `ruby` of `mise.toml`.

The form is `[[tools.ruby]]` with `version`, or `[tools.ruby]` in files of its first releases
(jdx/mise, docs/dev-tools/mise-lock.md).
"""

import re

from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation
from gemaudit.model.document import Document

NAME = "mise-lock"

_TABLE = re.compile(r"\s*\[{1,2}\s*tools\s*\.\s*[\"']?ruby[\"']?\s*\]{1,2}\s*(?:#.*)?")
_ANY_TABLE = re.compile(r"\s*\[")
_VERSION = re.compile(r"\s*version\s*=\s*[\"'](?P<version>[^\"']+)[\"']\s*(?:#.*)?")


def observe(document: Document) -> Observation:
    """The Ruby that is locked, for the whole project; several are a choice that is made elsewhere."""
    evidence = Evidence(document, NAME)
    found: dict[str, int] = {}
    is_inside = False
    for number, line in enumerate(evidence.lines, 1):
        if _ANY_TABLE.match(line):
            is_inside = _TABLE.fullmatch(line) is not None
        elif is_inside and (version := _VERSION.fullmatch(line)):
            found.setdefault(version["version"], number)
    if len(found) != 1:
        return Observation()
    ((version_text, line_number),) = found.items()
    name = parse_ruby_name(version_text)
    return Observation(facts=evidence.facts(name.traits, line_number) if name else ())
