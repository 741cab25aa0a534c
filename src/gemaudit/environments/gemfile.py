"""The `ruby` line of a Gemfile, read as text: Ruby code is never run.

The forms are those of Bundler's `RubyDsl#ruby` (bundler/lib/bundler/ruby_dsl.rb).
A line that computes its version is unknown, not absent.
"""

import re

from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation, Trait
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import ENGINES
from gemaudit.model.requirement import Requirement

NAME = "gemfile"

_CALL = re.compile(r"\s*ruby(?:\s*\(|\s)\s*(?P<rest>.*)")
_TOKEN = re.compile(
    r"\s*(?:"
    r"\"(?P<double>[^\"#\\]*)\"|'(?P<single>[^'\\]*)'"
    r"|(?P<key>[a-z_]+):(?!:)|:(?P<symbol>[a-z_]+)(?P<rocket>\s*=>)?"
    r"|(?P<mark>[\[\](),])|(?P<comment>#.*)"
    r")"
)
_LONGEST_CALL = 20
_LONGEST_REQUIREMENT = 200
_KEYS = frozenset({"engine", "engine_version", "patchlevel", "file"})


def observe(document: Document) -> Observation:
    """The Ruby that the Gemfile asks for, for the whole project.

    Several lines that differ are a choice made at run time, which is unknown.
    """
    evidence = Evidence(document, NAME)
    found: dict[tuple[Trait, ...] | None, int] = {}
    for number, line in enumerate(evidence.lines, 1):
        if line.rstrip() == "__END__":
            break
        call = _CALL.fullmatch(line)
        if call and call["rest"][:1] not in {"=", ""}:
            arguments = _Call.read([call["rest"], *evidence.lines[number : number + _LONGEST_CALL]])
            found.setdefault(arguments.traits() if arguments else None, number)
    if not found:
        return Observation()
    traits, line_number = next(iter(found.items()))
    if len(found) > 1 or traits is None:
        return Observation(diagnostics=(_computed(evidence, found.get(None, line_number)),))
    return Observation(facts=evidence.facts(traits, line_number))


class _Call:
    """The arguments of `ruby`, all of them literals."""

    def __init__(self) -> None:
        self.requirements: list[str] = []
        self.options: dict[str, str] = {}

    @staticmethod
    def read(lines: list[str]) -> "_Call | None":
        """The call that begins these lines, or None where any of its arguments is computed.

        A line that ends in a comma or inside brackets goes on.
        """
        call = _Call()
        key = ""
        depth = 0
        for line in lines:
            position, last = 0, ""
            text = line.rstrip()
            while position < len(text):
                found = _TOKEN.match(text, position)
                if found is None or found.end() == position:
                    return None
                position = found.end()
                if found["comment"] is not None:
                    continue
                last = found["mark"] or "argument"
                depth += {"[": 1, "(": 1, "]": -1}.get(last, 0)
                key = call._add(found, key)
            if last != "," and depth <= 0 and not key:
                return call if call.is_plausible else None
        return None

    def _add(self, found: re.Match[str], key: str) -> str:
        """Take one token; return the name of the option that waits for its value."""
        if found["mark"] is not None:
            return key
        if found["key"] or found["rocket"]:
            return found["key"] or found["symbol"]
        value = found["double"] or found["single"] or found["symbol"] or ""
        if key:
            self.options[key] = value
        else:
            self.requirements.append(value)
        return ""

    @property
    def is_plausible(self) -> bool:
        """Whether Bundler would take these arguments."""
        return bool(self.requirements or "file" in self.options) and self.options.keys() <= _KEYS

    def traits(self) -> tuple[Trait, ...]:
        """The interpreter; nothing for `file:`, whose file is read by itself."""
        engine = self.options.get("engine", "ruby")
        if not self.requirements:
            return ()
        language = _language(self.requirements)
        if engine == "ruby":
            return (Trait("engine", "ruby"), *language)
        if engine not in ENGINES:
            return ()
        name = parse_ruby_name(f"{engine}-{self.options.get('engine_version', '')}")
        return (*(name.traits if name else (Trait("engine", engine),)), *language)


def _language(requirements: list[str]) -> tuple[Trait, ...]:
    """The language version: exact for one plain release, else the requirement as it is written."""
    texts = [text.strip() for text in requirements]
    name = parse_ruby_name(texts[0]) if len(texts) == 1 else None
    # For Bundler `ruby "3.4"` is the version 3.4.0 and nothing else, but it is meant as the series everywhere.
    if name and name.engine == "ruby" and name.version:
        return (Trait("ruby", name.version, name.exact),)
    if sum(map(len, texts)) > _LONGEST_REQUIREMENT:
        return ()
    try:
        requirement = Requirement.parse(texts)
    except ValueError:
        return ()
    return (Trait("ruby", str(requirement), exact=False),)


def _computed(evidence: Evidence, line: int) -> Diagnostic:
    return evidence.diagnostic(
        "computed-ruby-version",
        "this `ruby` line computes its version, which is not read",
        line,
        hint="say `--ruby VERSION`, or keep the version in `.ruby-version`",
    )
