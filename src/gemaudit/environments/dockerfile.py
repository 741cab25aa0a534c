"""Dockerfiles: the last stage, with the stages it is built on, is what runs.

Which image that is follows BuildKit: variables in FROM come from the ARGs before the first FROM,
and a FROM that names an earlier stage continues it.
"""

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping

from msgspec import Struct

from gemaudit.environments.dockerfile_syntax import Expansion, Instruction, expand, read_instructions, read_pairs
from gemaudit.environments.images import UNRESOLVED, Image, parse_image, platform_traits
from gemaudit.environments.observation import Evidence, Observation, Place, Trait
from gemaudit.environments.switches import VARIABLES, switch_traits
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "dockerfile"
PATTERNS: tuple[str, ...] = (
    "Dockerfile",
    "Containerfile",
    "Dockerfile.*",
    "Containerfile.*",
    "*.Dockerfile",
    "*.Containerfile",
    "docker/Dockerfile",
    "docker/Dockerfile.*",
    "docker/*.Dockerfile",
    ".docker/Dockerfile",
    ".devcontainer/Dockerfile",
)

_FLAG = re.compile(r"--(?P<name>[a-z]+)=(?P<value>\S+)\s*")
_FROM = re.compile(r"(?P<image>\S+)(?:\s+[aA][sS]\s+(?P<alias>\S+))?\s*")
_LONGEST_SEARCH = 200
_INTERPRETER = frozenset({"engine", "ruby", "engine_version", "build"})
_RUBY_WORD = re.compile(r"\b(?:ruby|bundle|bundler|gem|rails|rake|puma|sidekiq|rackup|unicorn|rbenv|jruby)\b")
_COMMAND = re.compile(r"&&|\|\||[;|\n]")
_INSTALLS = re.compile(r"(?:sudo\s+)?(?:apk\s.*\badd|(?:apt|apt-get|dnf|yum|microdnf|zypper)\s.*\binstall)\s")
_PACKAGED_RUBY = re.compile(r"(?:\s|^)ruby(?:[0-9]+(?:\.[0-9]+)?|-full)?(?:=\S*)?(?=\s|$)")
_SWITCHES = {name: re.compile(rf"\b{name}\b") for name in VARIABLES}
_UPDATES_RUBYGEMS = re.compile(r"\bgem\s+update\s+--system[ =](?P<version>[0-9]+(?:\.[0-9]+)+)")


class _Arguments(Struct, frozen=True):
    """The ARGs before the first FROM that have a value, and where each got it."""

    values: dict[str, str]
    lines: dict[str, int]


class _Stage(Struct, frozen=True, kw_only=True):
    """One FROM and what follows it; `parent` is the position of the stage it continues, if it continues one."""

    line: int
    image: Expansion
    alias: str
    platform: str
    parent: int | None
    instructions: list[Instruction]


def observe(document: Document) -> Observation:
    """The place that the Dockerfile builds, or nothing where no Ruby is in sight."""
    if document.path.endswith(".dockerignore"):
        return Observation()
    evidence = Evidence(document, NAME)
    arguments = _Arguments({}, {})
    stages = _stages(read_instructions(evidence.lines), arguments)
    if not stages:
        return Observation()
    chain = _chain(stages)
    base = chain[0]
    image = parse_image(base.image.text)
    commands = [item for stage in chain for item in stage.instructions if item.keyword in {"RUN", "CMD", "ENTRYPOINT"}]
    is_hidden = UNRESOLVED in _name_of(base.image.text)
    if not (image.has_ruby or is_hidden or any(_RUBY_WORD.search(item.arguments + item.body) for item in commands)):
        return Observation()
    facts = (
        *_image_facts(evidence, base, image, arguments),
        *_platform_facts(evidence, base),
        *_command_facts(evidence, commands, image),
        *_switch_facts(evidence, chain, arguments.values),
    )
    place = Place(id=_id(document.path), facts=facts, folder=_folder(document.path), is_contestable=True)
    return Observation(places=(place,), diagnostics=_unresolved(evidence, base, image, is_hidden=is_hidden))


def _stages(instructions: Iterable[Instruction], arguments: _Arguments) -> list[_Stage]:
    """The stages in order; the ARGs before the first one are added to `arguments`."""
    stages: list[_Stage] = []
    positions: dict[str, int] = {}
    for instruction in instructions:
        if instruction.keyword == "FROM":
            stage = _stage(instruction, positions, arguments)
            # A stage is known by its position too; a name that is given twice means the later stage.
            positions[str(len(stages))] = len(stages)
            if stage.alias:
                positions[stage.alias] = len(stages)
            stages.append(stage)
        elif stages:
            stages[-1].instructions.append(instruction)
        elif instruction.keyword == "ARG":
            for name, value in read_pairs(instruction.arguments):
                if value is not None:
                    arguments.values[name] = expand(value, arguments.values).text
                    arguments.lines[name] = instruction.line
    return stages


def _stage(instruction: Instruction, positions: Mapping[str, int], arguments: _Arguments) -> _Stage:
    rest = instruction.arguments
    platform = ""
    while flag := _FLAG.match(rest):
        platform = flag["value"] if flag["name"] == "platform" else platform
        rest = rest[flag.end() :]
    found = _FROM.match(rest)
    image = expand(found["image"] if found else "", arguments.values)
    return _Stage(
        line=instruction.line,
        image=image,
        alias=(found["alias"] or "").lower() if found else "",
        platform=expand(platform, arguments.values).text,
        parent=positions.get(image.text.lower()),
        instructions=[],
    )


def _chain(stages: list[_Stage]) -> list[_Stage]:
    """The last stage and those it continues, the first of them first."""
    chain = [stages[-1]]
    while (parent := chain[-1].parent) is not None:
        chain.append(stages[parent])
    return chain[::-1]


def _image_facts(evidence: Evidence, base: _Stage, image: Image, arguments: _Arguments) -> tuple[Fact, ...]:
    """The facts of the image, each at the line that has to change for it to become another."""
    used = [(arguments.values[name], arguments.lines[name]) for name in base.image.used]
    whole = next((line for value, line in used if ":" in value or "/" in value), base.line)
    version = next((line for value, line in used if value[:1].isdigit()), whole)
    libc = next((line for value, line in used if "alpine" in value), whole)
    lines = {"libc": libc} | dict.fromkeys(_INTERPRETER, version)
    return tuple(fact for trait in image.traits for fact in evidence.facts((trait,), lines.get(trait.name, base.line)))


def _platform_facts(evidence: Evidence, base: _Stage) -> tuple[Fact, ...]:
    return evidence.facts(platform_traits(base.platform), base.line)


def _command_facts(evidence: Evidence, commands: list[Instruction], image: Image) -> tuple[Fact, ...]:
    """What RUN lines install: the distribution's Ruby where the image has none, and a release of RubyGems."""
    facts: list[Fact] = []
    for item in commands:
        if item.keyword != "RUN":
            continue
        text = f"{item.arguments}\n{item.body}"
        if not image.has_ruby and any(map(_installs_ruby, _COMMAND.split(text))):
            # Distributions backport fixes, so their version numbers are not those that advisories speak of.
            line = _line_with(evidence, item, _PACKAGED_RUBY)
            facts += evidence.facts((Trait("engine", "ruby"), Trait("build", "distribution")), line)
        if found := _UPDATES_RUBYGEMS.search(text):
            line = _line_with(evidence, item, _UPDATES_RUBYGEMS)
            facts += evidence.facts((Trait("rubygems", found["version"]),), line)
    return tuple(facts)


def _line_with(evidence: Evidence, item: Instruction, pattern: re.Pattern[str]) -> int:
    """The line of an instruction that the pattern is found on; its first one where it is found on none alone."""
    numbers = range(item.line, min(item.last_line, item.line + _LONGEST_SEARCH) + 1)
    return next((number for number in numbers if pattern.search(evidence.lines[number - 1])), item.line)


def _installs_ruby(command: str) -> bool:
    text = command.strip()
    found = _INSTALLS.match(text)
    return found is not None and _PACKAGED_RUBY.search(text, found.end() - 1) is not None


def _switch_facts(evidence: Evidence, chain: list[_Stage], arguments: Mapping[str, str]) -> tuple[Fact, ...]:
    """What ENV and the build arguments of the stages switch on; a later ENV replaces an earlier one."""
    values: dict[str, str] = {}
    switches: dict[str, tuple[Fact, ...]] = {}
    for stage in chain:
        local: dict[str, str] = {}
        scope = ChainMap(values, local)
        for item in stage.instructions:
            if item.keyword not in {"ARG", "ENV"}:
                continue
            for name, raw in _assignments(item):
                value = arguments.get(name) if raw is None else expand(raw, scope).text
                if value is None:
                    continue
                (values if item.keyword == "ENV" else local)[name] = value
                if item.keyword == "ENV" and name in VARIABLES:
                    line = _line_with(evidence, item, _SWITCHES[name])
                    switches[name] = evidence.facts(switch_traits(name, value), line)
    return tuple(fact for facts in switches.values() for fact in facts)


def _assignments(instruction: Instruction) -> tuple[tuple[str, str | None], ...]:
    """The pairs of an ARG or ENV; `ENV NAME the rest` is the old form with one name."""
    name, _, rest = instruction.arguments.partition(" ")
    if instruction.keyword == "ENV" and "=" not in name:
        return ((name, rest.strip()),)
    return read_pairs(instruction.arguments)


def _unresolved(evidence: Evidence, base: _Stage, image: Image, *, is_hidden: bool) -> tuple[Diagnostic, ...]:
    has_version = any(trait.name in {"ruby", "engine_version", "build"} for trait in image.traits)
    if UNRESOLVED not in base.image.text or has_version or not (image.has_ruby or is_hidden):
        return ()
    return (
        evidence.diagnostic(
            "unresolved-image",
            "the image depends on a build argument without a default, so its Ruby is not known",
            base.line,
            hint="give the `ARG` a default, or say `--ruby VERSION`",
        ),
    )


def _name_of(reference: str) -> str:
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _id(path: str) -> str:
    """`production` for the plain name, `docker/dev` for `Dockerfile.dev` and `dev.Dockerfile`."""
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2] == ".devcontainer":
        return "docker/devcontainer"
    stem, _, rest = name.partition(".")
    if stem in {"Dockerfile", "Containerfile"}:
        return f"docker/{rest}" if rest else "production"
    return f"docker/{name.rpartition('.')[0]}"


def _folder(path: str) -> str:
    folder, _, _ = path.rpartition("/")
    parent, _, last = folder.rpartition("/")
    return parent if last in {"docker", ".docker", ".devcontainer"} else folder
