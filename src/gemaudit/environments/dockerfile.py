"""Dockerfiles: the last stage, with the stages it is built on, is what runs.

Which image that is follows BuildKit: variables in FROM come from the ARGs before the first FROM,
and a FROM that names an earlier stage continues it.
"""

import re
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from gemaudit.environments.dockerfile_commands import installed, line_with, started
from gemaudit.environments.dockerfile_syntax import Expansion, Instruction, expand, read_instructions, read_pairs
from gemaudit.environments.images import UNRESOLVED, Image, parse_image, platform_traits
from gemaudit.environments.observation import Build, Evidence, Observation, Place, Trait
from gemaudit.environments.switches import VARIABLES, switch_traits, with_sanitizers
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "dockerfile"

_FLAG = re.compile(r"--(?P<name>[a-z]+)=(?P<value>\S+)\s*")
_FROM = re.compile(r"(?P<image>\S+)(?:\s+[aA][sS]\s+(?P<alias>\S+))?\s*")
_INTERPRETER = frozenset({"engine", "ruby", "engine_version", "build"})
_RUBY_WORD = re.compile(r"\b(?:ruby|bundle|bundler|gem|rails|rake|puma|sidekiq|rackup|unicorn|rbenv|jruby)\b")
_DEPLOYED = frozenset({"production", "docker/production", "docker/prod"})


class _Arguments:
    """The ARGs before the first FROM that have a value, and where each got it; what a builder passes comes first."""

    def __init__(self, evidence: Evidence, build: Build | None) -> None:
        self.evidence = evidence
        self.values: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._builder = Evidence(build.document, build.source) if build else evidence
        self.given = {name: (value, line) for name, value, line in (build.arguments if build else ())}

    def declare(self, name: str, value: str | None, line: int) -> None:
        """Take an ARG, whose default counts unless the builder passes a value."""
        if name in self.given:
            self.values[name] = self.given[name][0]
        elif value is not None:
            self.values[name] = expand(value, self.values).text
            self._lines[name] = line

    def facts(self, traits: Iterable[Trait], name: str) -> tuple[Fact, ...]:
        """The traits as facts that the value of an argument states."""
        if name in self.given:
            return self._builder.facts(traits, self.given[name][1])
        return self.evidence.facts(traits, self._lines[name])


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
    return read(document, None)


def read(document: Document, build: Build | None) -> Observation:
    """The same as a builder has it built, which may pass arguments, name a stage, and set variables of its own."""
    if document.path.endswith(".dockerignore"):
        return Observation()
    evidence = Evidence(document, NAME)
    arguments = _Arguments(evidence, build)
    stages = _stages(read_instructions(evidence.lines), arguments)
    if not stages:
        return Observation()
    chain = _chain(stages, build.target if build else "")
    base = chain[0]
    image = parse_image(base.image.text)
    commands = [item for stage in chain for item in stage.instructions if item.keyword in {"RUN", "CMD", "ENTRYPOINT"}]
    is_hidden = UNRESOLVED in _name_of(base.image.text)
    if not (image.has_ruby or is_hidden or any(_RUBY_WORD.search(item.arguments + item.body) for item in commands)):
        return Observation()
    facts = (*_image_facts(evidence, base, image, arguments), *_platform_facts(evidence, base))
    switches = (
        *installed(evidence, commands, base.image.text, has_ruby=bool(image.has_ruby)),
        *_switch_facts(evidence, chain, arguments, build.variables if build else ()),
        *(() if build and build.has_command else started(evidence, commands)),
    )
    place = Place(
        id=(name := _id(document.path)),
        facts=with_sanitizers(facts, switches),
        folder=_folder(document.path),
        is_contestable=True,
        is_image=True,
        is_deployment=name in _DEPLOYED,
        dockerfile=document.path,
    )
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
                arguments.declare(name, value, instruction.line)
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


def _chain(stages: list[_Stage], target: str) -> list[_Stage]:
    """The stage that is asked for, else the last one, and those it continues, the first of them first."""
    named = [stage for stage in stages if stage.alias and stage.alias == target.lower()]
    chain = [named[-1] if named else stages[-1]]
    while (parent := chain[-1].parent) is not None:
        chain.append(stages[parent])
    return chain[::-1]


def _image_facts(evidence: Evidence, base: _Stage, image: Image, arguments: _Arguments) -> tuple[Fact, ...]:
    """The facts of the image, each at the line that has to change for it to become another."""
    used = [(arguments.values[name], name) for name in base.image.used]
    whole = next((name for value, name in used if ":" in value or "/" in value), "")
    version = next((name for value, name in used if value[:1].isdigit()), whole)
    libc = next((name for value, name in used if "alpine" in value), whole)
    names = {"libc": libc} | dict.fromkeys(_INTERPRETER, version)
    facts: list[Fact] = []
    for trait in image.traits:
        name = names.get(trait.name, "")
        facts += arguments.facts((trait,), name) if name else evidence.facts((trait,), base.line)
    return tuple(facts)


def _platform_facts(evidence: Evidence, base: _Stage) -> tuple[Fact, ...]:
    return evidence.facts(platform_traits(base.platform), base.line)


def _switch_facts(
    evidence: Evidence, chain: list[_Stage], arguments: _Arguments, replaced: Collection[str]
) -> tuple[Fact, ...]:
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
                value = arguments.values.get(name) if raw is None else expand(raw, scope).text
                if item.keyword == "ARG" and name in arguments.given:
                    value = arguments.given[name][0]
                if value is None:
                    continue
                (values if item.keyword == "ENV" else local)[name] = value
                if item.keyword == "ENV" and name in VARIABLES and name not in replaced:
                    line = line_with(evidence, item, rf"\b{name}\b")
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
        return "devcontainer"
    stem, _, rest = name.partition(".")
    if stem in {"Dockerfile", "Containerfile"}:
        return f"docker/{rest}" if rest else "production"
    return f"docker/{name.rpartition('.')[0]}"


def _folder(path: str) -> str:
    folder, _, _ = path.rpartition("/")
    parent, _, last = folder.rpartition("/")
    return parent if last in {"docker", ".docker", ".devcontainer"} else folder
