"""What the commands of a Dockerfile install and start."""

import re
from collections.abc import Iterable, Sequence

from gemaudit.environments.distributions import packaged_traits
from gemaudit.environments.dockerfile_syntax import Instruction
from gemaudit.environments.observation import Evidence, Trait
from gemaudit.environments.switches import command_traits, sanitizer_traits
from gemaudit.model.environment import Fact

# The patterns are compiled when a file has something like them.
_LONGEST_SEARCH = 200
_COMMAND = r"&&|\|\||[;|\n]"
_INSTALLS = r"(?:sudo\s+)?(?:apk\s.*\badd|(?:apt|apt-get|dnf|yum|microdnf|zypper)\s.*\binstall)\s"
_PACKAGED_RUBY = r"(?:\s|^)(?P<package>ruby(?:[0-9]+(?:\.[0-9]+)?|-full)?(?:=[^\s\"']*)?)(?=\s|$)"
_UPDATES_RUBYGEMS = r"\bgem\s+update\s+--system[ =](?P<version>[0-9]+(?:\.[0-9]+)+)"
_SANITIZES = r"-fsanitize="


def installed(evidence: Evidence, commands: Iterable[Instruction], base: str, *, has_ruby: bool) -> tuple[Fact, ...]:
    """What RUN lines install on the image `base`.

    The distribution's Ruby where the image has none, a release of RubyGems, what is built with a sanitizer.
    """
    facts: list[Fact] = []
    for item in commands:
        if item.keyword != "RUN":
            continue
        text = f"{item.arguments}\n{item.body}"
        if not has_ruby and (package := _packaged_ruby(text)):
            line = line_with(evidence, item, _PACKAGED_RUBY)
            facts += evidence.facts(packaged_traits(base, package), line)
        if "--system" in text and (found := re.search(_UPDATES_RUBYGEMS, text)):
            line = line_with(evidence, item, _UPDATES_RUBYGEMS)
            facts += evidence.facts((Trait("rubygems", found["version"]),), line)
        if traits := sanitizer_traits(text):
            facts += evidence.facts(traits, line_with(evidence, item, _SANITIZES))
    return tuple(facts)


def started(evidence: Evidence, commands: Sequence[Instruction]) -> tuple[Fact, ...]:
    """What the last ENTRYPOINT and the last CMD start; an ENTRYPOINT drops the CMDs before it, as in BuildKit."""
    last: dict[str, Instruction] = {}
    for item in commands:
        if item.keyword == "ENTRYPOINT":
            last = {"ENTRYPOINT": item}
        elif item.keyword == "CMD":
            last["CMD"] = item
    return tuple(fact for item in last.values() for fact in evidence.facts(command_traits(item.arguments), item.line))


def line_with(evidence: Evidence, item: Instruction, pattern: str) -> int:
    """The line of an instruction that the pattern is found on; its first one where it is found on none alone."""
    numbers = range(item.line, min(item.last_line, item.line + _LONGEST_SEARCH) + 1)
    return next((number for number in numbers if re.search(pattern, evidence.lines[number - 1])), item.line)


def _packaged_ruby(text: str) -> str:
    """The package with a Ruby that some command installs; empty where none does."""
    if "ruby" not in text:
        return ""
    for command in re.split(_COMMAND, text):
        install = re.match(_INSTALLS, stripped := command.strip())
        if install and (found := re.search(_PACKAGED_RUBY, stripped[install.end() - 1 :])):
            return found["package"]
    return ""
