"""GitHub workflows: every job that sets up a Ruby is an environment, once for each Ruby and system of its matrix.

The versions are those of ruby/setup-ruby (README.md and index.js). A job inside a container runs that image's system,
and its Ruby too unless a step sets up another.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct

from gemaudit.environments.images import UNRESOLVED, parse_image
from gemaudit.environments.matrix import UNKNOWN_MATRIX, Combination, Resolved, Scope, read_matrix, resolve
from gemaudit.environments.names import floating, parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation, Place, Trait, excerpt
from gemaudit.environments.runners import runner_traits
from gemaudit.environments.switches import VARIABLES, switch_traits, with_sanitizers
from gemaudit.environments.yaml_nodes import Node, YamlError, parse_yaml, text_of, unreadable
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "workflow"

_MOST_JOBS = 128
_MOST_PLACES = 512
#: Of one job, and of all jobs together before they are told apart.
_MOST_VARIANTS = 64
_MOST_COMBINATIONS = 4096
_MOST_STEPS = 500
_MOST_SETUPS = 8
_LONGEST_WORD = 60

_SETUP_RUBY = ("ruby/setup-ruby@", "ruby/setup-ruby-pkgs@", "actions/setup-ruby@")
# Version managers set up whatever the project names, which need not be a Ruby.
_MANAGERS = {"jdx/mise-action@": ("mise", "tool-versions", "ruby-version"), "asdf-vm/actions/": ("tool-versions",)}
_RUBY_WORD = re.compile(r"\b(?:ruby|bundle|bundler|gem|rails|rake|rspec|rubocop)\b")
# setup-ruby's index.js, `parseRubyEngineAndVersion`; an empty input is the default one.
_FILES = {
    "": ("ruby-version", "tool-versions", "mise"),
    "default": ("ruby-version", "tool-versions", "mise"),
    ".ruby-version": ("ruby-version",),
    ".tool-versions": ("tool-versions",),
    "mise.toml": ("mise",),
}
_INTERPRETER = frozenset({"engine", "ruby", "engine_version", "build"})
_VERSION = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*")


class _Job(Struct, frozen=True, kw_only=True):
    """A job with a Ruby: its steps that set one up, its container, and what its expressions may refer to."""

    name: str
    node: Node
    setups: tuple[Node, ...]
    reads: tuple[str, ...]
    image: Node | None
    env: dict[str, Node]


class _Interpreter(Struct, frozen=True, kw_only=True):
    """Which Ruby a job runs, as far as its own text tells."""

    facts: tuple[Fact, ...] = ()
    reads: tuple[str, ...] = ()
    is_settled: bool = False
    used: tuple[str, ...] = ()


def observe(document: Document) -> Observation:
    """The places that the jobs of a workflow are."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_yaml(evidence.lines)
    except YamlError as error:
        return Observation(diagnostics=(unreadable(evidence, error, "workflow", "check it with `actionlint`"),))
    if root is None:
        return Observation()
    reader = _Reader(evidence)
    places = islice((place for job in _jobs(root) for place in reader.places(job)), _MOST_PLACES)
    return Observation(places=tuple(places), diagnostics=tuple(reader.diagnostics.values()))


def _jobs(root: Node) -> Iterator[_Job]:
    """The jobs that have a Ruby of their own choice."""
    jobs = root.get("jobs")
    shared = _mapping(root.get("env"))
    for name, node in islice(jobs.named.items() if jobs else (), _MOST_JOBS):
        steps = node.get("steps")
        listed = (steps.items if steps else [])[:_MOST_STEPS]
        setups = tuple(step for step in listed if _uses(step).startswith(_SETUP_RUBY))[:_MOST_SETUPS]
        managers = [reads for step in listed for prefix, reads in _MANAGERS.items() if _uses(step).startswith(prefix)]
        container = node.get("container")
        image = container.get("image") if container and container.kind == "map" else container
        runs_ruby = any(_RUBY_WORD.search(text_of(step.get("run"))) for step in listed)
        if setups or (runs_ruby and (managers or image)) or _is_ruby_image(image):
            yield _Job(
                name=name,
                node=node,
                setups=setups,
                reads=managers[0] if managers and not setups else (),
                image=image,
                env={**shared, **_mapping(node.get("env"))},
            )


def _uses(step: Node) -> str:
    return text_of(step.get("uses")).lower()


def _mapping(node: Node | None) -> Mapping[str, Node]:
    return node.named if node else {}


def _is_ruby_image(image: Node | None) -> bool:
    return bool(parse_image(re.sub(r"\$\{\{[^{}]*\}\}", UNRESOLVED, text_of(image))).has_ruby)


class _Reader:
    """Reads the jobs of one workflow and keeps what there is to say about them."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.diagnostics: dict[tuple[str, int], Diagnostic] = {}
        self.combinations = 0

    def places(self, job: _Job) -> list[Place]:
        """One place for each combination of those matrix values that the Ruby or its system depends on."""
        node = job.node.get("strategy", "matrix")
        is_read = node is None or self.combinations < _MOST_COMBINATIONS
        matrix = read_matrix(node) if is_read else UNKNOWN_MATRIX
        self.combinations += len(matrix.combinations)
        places = [self._place(job, one, is_known=matrix.is_known) for one in matrix.combinations]
        # The same Ruby on the same system is one place, whichever entry of the matrix states it.
        found = list({(place.id, _values(place.facts)): place for place in reversed(places)}.values())[::-1]
        if node and (len(found) > _MOST_VARIANTS or not is_read):
            self._notice("large-matrix", f"the matrix of `{job.name}` is larger than what is read", node.line)
        return found[:_MOST_VARIANTS]

    def _place(self, job: _Job, combination: Combination, *, is_known: bool) -> Place:
        scope = Scope(matrix=combination, is_known=is_known, env=job.env)
        interpreter = self._interpreter(job, scope)
        system, system_keys = self._system(job, scope)
        switches, switch_keys = self._switches(job, scope)
        keys = {*interpreter.used, *system_keys, *switch_keys}
        values = [excerpt(value.text or key)[:_LONGEST_WORD] for key, value in combination.items() if key in keys]
        stem = self.evidence.path.rpartition("/")[2].rpartition(".")[0]
        label = f" ({', '.join(values)})" if values else ""
        return Place(
            id=f"{stem}/{excerpt(job.name)[:_LONGEST_WORD]}{label}",
            facts=with_sanitizers((*interpreter.facts, *system), switches),
            folder=self._folder(job, scope),
            reads=interpreter.reads,
            is_settled=interpreter.is_settled,
        )

    def _interpreter(self, job: _Job, scope: Scope) -> _Interpreter:
        found = [self._set_up(step, scope) for step in job.setups]
        if not found:
            return self._without_setup(job, scope)
        used = tuple(key for one in found for key in one.used)
        if len({(one.reads, one.is_settled, _values(one.facts)) for one in found}) > 1:
            # Which of them is in effect depends on conditions that are not evaluated.
            return _Interpreter(is_settled=True, used=used)
        return _Interpreter(facts=found[0].facts, reads=found[0].reads, is_settled=found[0].is_settled, used=used)

    def _without_setup(self, job: _Job, scope: Scope) -> _Interpreter:
        if job.image is None or job.reads:
            return _Interpreter(reads=job.reads)
        image = resolve(job.image, scope)
        traits = [trait for trait in parse_image(image.text).traits if trait.name in _INTERPRETER]
        return _Interpreter(
            facts=self.evidence.facts(traits, image.line), used=image.used, is_settled=UNRESOLVED in image.text
        )

    def _set_up(self, step: Node, scope: Scope) -> _Interpreter:
        """What one setup-ruby step installs."""
        facts = self._tools(step, scope)
        node = step.get("with", "ruby-version")
        if node is None:
            return _Interpreter(facts=(*facts, *self._plain(step.line)), reads=_FILES["default"])
        version = resolve(node, scope)
        if reads := _FILES.get(version.text):
            return _Interpreter(facts=(*facts, *self._plain(version.line)), reads=reads, used=version.used)
        name = parse_ruby_name(version.text)
        if name is None:
            if UNRESOLVED not in version.text and version.text not in {"none", "system"}:
                self._notice(
                    "unknown-ruby-name",
                    f"`{excerpt(version.text)[:_LONGEST_WORD]}` names no Ruby release",
                    version.line,
                )
            return _Interpreter(facts=facts, is_settled=True, used=version.used)
        if version.is_shortened:
            self._shortened(version)
        sanitizer = () if name.build in {"asan", "debug"} else self._plain(version.line)
        facts = (*self.evidence.facts(name.traits, version.line), *sanitizer, *facts)
        # A name without a version (`jruby`) is the newest release and nothing that another file says.
        return _Interpreter(facts=facts, used=version.used)

    def _plain(self, line: int) -> tuple[Fact, ...]:
        """setup-ruby's builds have no sanitizer, save those that are called `asan`."""
        return self.evidence.facts((Trait("sanitizer", "none"),), line)

    def _tools(self, step: Node, scope: Scope) -> tuple[Fact, ...]:
        """The RubyGems and the Bundler that a step asks for by version."""
        facts: list[Fact] = []
        for key in ("rubygems", "bundler"):
            node = step.get("with", key)
            if node is None:
                continue
            wanted = resolve(node, scope)
            if _VERSION.fullmatch(wanted.text) and len(wanted.text) < 40:  # noqa: PLR2004 - no version is longer
                is_exact = wanted.text.count(".") > 1
                value = wanted.text if is_exact else floating(wanted.text)
                trait = Trait("rubygems" if key == "rubygems" else "bundler", value, is_exact)
                facts += self.evidence.facts((trait,), wanted.line)
        return tuple(facts)

    def _system(self, job: _Job, scope: Scope) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
        """The operating system, CPU and libc, and the matrix keys they depend on."""
        node = job.node.get("runs-on")
        labels = node.get("labels") or node if node and node.kind == "map" else node
        runners = [resolve(item, scope) for item in (labels.items or [labels])[:10]] if labels else []
        traits = runner_traits([runner.text for runner in runners])
        line = runners[0].line if runners else 1
        used = tuple(key for runner in runners for key in runner.used)
        if job.image is None:
            return self.evidence.facts(traits, line), used
        # A container brings its own libc and shares the CPU of the runner; only Linux runners start one.
        image = resolve(job.image, scope)
        names = {"libc", "cpu"} if job.setups or job.reads else {"libc", "cpu", "sanitizer"}
        inside = [Trait("os", "linux"), *(trait for trait in parse_image(image.text).traits if trait.name in names)]
        shared = [trait for trait in traits if trait.name == "cpu" and "cpu" not in {item.name for item in inside}]
        facts = (*self.evidence.facts(inside, image.line), *self.evidence.facts(shared, line))
        return facts, (*used, *image.used)

    def _switches(self, job: _Job, scope: Scope) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
        """What the environment variables switch on, and the matrix keys they depend on."""
        found = [(name, resolve(node, scope)) for name in VARIABLES if (node := job.env.get(name))]
        facts = [
            fact for name, value in found for fact in self.evidence.facts(switch_traits(name, value.text), value.line)
        ]
        return tuple(facts), tuple(key for _, value in found for key in value.used)

    def _folder(self, job: _Job, scope: Scope) -> str:
        """The folder of the project: that of the repository, or the working directory of its setup-ruby."""
        base = self.evidence.path.split("/")[:-3]
        nodes = [step.get("with", "working-directory") for step in job.setups]
        named = {resolve(node, scope).text for node in nodes if node}
        if len(named) != 1 or len(nodes) != 1:
            return "/".join(base)
        parts = [part for part in named.pop().split("/") if part not in {"", "."}]
        is_plain = ".." not in parts and not any(UNRESOLVED in part for part in parts)
        return "/".join([*base, *(parts if is_plain else [])])

    def _shortened(self, version: Resolved) -> None:
        self._notice(
            "unquoted-version",
            f"YAML reads this version as a number, so setup-ruby is asked for `{version.text}`",
            version.line,
            hint="put the version into quotes",
        )

    def _notice(self, code: str, message: str, line: int, hint: str = "") -> None:
        self.diagnostics.setdefault((code, line), self.evidence.diagnostic(code, message, line, hint=hint))


def _values(facts: tuple[Fact, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((fact.name, fact.value) for fact in facts)
