"""CircleCI: every job whose image has a Ruby, or that installs one with the orb, once for each Ruby of its matrix.

The keys are those of CircleCI's configuration reference (circleci.com/docs/configuration-reference):
`docker`, `machine`, `executor`, `environment`, `resource_class`, `parameters` with a literal `default`,
and the `matrix` of a workflow;
`ruby/install` is a command of the orb circleci/ruby. `<< pipeline.parameters.x >>` has its default.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product

from msgspec import Struct

from gemaudit.environments.containers import Value, switched, values
from gemaudit.environments.images import UNRESOLVED, parse_image
from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation, Place, Trait, excerpt
from gemaudit.environments.switches import with_sanitizers
from gemaudit.environments.yaml_nodes import Node, YamlError, parse_yaml, text_of, unreadable
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "circleci"

_MOST_JOBS = 100
_MOST_VARIANTS = 64
_MOST_PLACES = 512
_MOST_STEPS = 200
_MOST_AXES = 16
_LONGEST_WORD = 60
_PARAMETER = re.compile(r"<<\s*(?P<pipeline>pipeline\.)?parameters\.(?P<name>[A-Za-z0-9_-]{1,60})\s*>>")
_EXPRESSION = re.compile(r"<<[^<>]*>>")
_INTERPRETER = frozenset({"engine", "ruby", "engine_version", "build"})

Parameters = Mapping[str, Node]


class _Text(Struct, frozen=True):
    """A text with its parameters replaced, and the line that decides it."""

    text: str
    line: int


def observe(document: Document) -> Observation:
    """The places that the jobs are; jobs that no line tells apart are one, called after the first."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_yaml(evidence.lines)
    except YamlError as error:
        hint = "check it with `circleci config validate`"
        return Observation(diagnostics=(unreadable(evidence, error, "pipeline", hint),))
    if root is None:
        return Observation()
    folder = "/".join(document.path.split("/")[:-2])
    found: dict[tuple[Fact, ...], Place] = {}
    for place in islice(_Reader(evidence, root, folder).places(), _MOST_PLACES):
        found.setdefault(place.facts, place)
    return Observation(places=tuple(found.values()))


class _Reader:
    """Reads the jobs of one configuration."""

    def __init__(self, evidence: Evidence, root: Node, folder: str) -> None:
        self.evidence = evidence
        self.folder = folder
        self.jobs = _keys(root.get("jobs"))
        self.executors = _keys(root.get("executors"))
        self.pipeline = _defaults(root.get("parameters"))
        self.runs = _runs(root)

    def places(self) -> Iterator[Place]:
        """One place for each job and each set of parameters that a workflow gives it."""
        for name, node in islice(self.jobs.items(), _MOST_JOBS):
            for given in self.runs.get(name) or [{}]:
                facts, used = self._facts(node.merged, {**_defaults(node.get("parameters")), **given})
                labels = [excerpt(text_of(given[key]))[:_LONGEST_WORD] for key in given if key in used]
                title = f"circleci/{excerpt(name)[:_LONGEST_WORD]}"
                if facts:
                    place = f"{title} ({', '.join(labels)})" if labels else title
                    yield Place(id=place, facts=facts, folder=self.folder)

    def _facts(self, job: Parameters, parameters: Parameters) -> tuple[tuple[Fact, ...], set[str]]:
        """What a job says, and the parameters that it depends on; nothing where no Ruby is in sight."""
        used: set[str] = set()
        machine, scope = self._executor(job, parameters, used)
        facts = self._image(machine, scope, used)
        installed = self._installed(job, parameters, used)
        if not installed and not any(fact.name == "engine" for fact in facts):
            return (), used
        rest = [fact for fact in facts if fact.name not in (_INTERPRETER | {"sanitizer"} if installed else ())]
        variables = {**_variables(machine), **values(job.get("environment"))}
        facts = (
            *installed,
            *rest,
            *_resource(self.evidence, job.get("resource_class") or machine.get("resource_class")),
        )
        return with_sanitizers(facts, switched(self.evidence, variables)), used

    def _executor(self, job: Parameters, parameters: Parameters, used: set[str]) -> tuple[Parameters, Parameters]:
        """The keys that say what a job runs on, and the parameters that hold in them."""
        node = job.get("executor")
        if node is None:
            return job, parameters
        name = self._resolved(node.merged.get("name") or node, parameters, used).text
        found = self.executors.get(name)
        if found is None:
            return {}, {}
        given = {key: value for key, value in node.merged.items() if key != "name"}
        scope = {key: self._outer(value, parameters, used) for key, value in given.items()}
        return found.merged, {**_defaults(found.get("parameters")), **scope}

    def _outer(self, value: Node, parameters: Parameters, used: set[str]) -> Node:
        """An argument of an executor, which may be a parameter of the job."""
        found = _PARAMETER.fullmatch(text_of(value).strip())
        if found is None or found["pipeline"] or found["name"] not in parameters:
            return value
        used.add(found["name"])
        return parameters[found["name"]]

    def _image(self, machine: Parameters, scope: Parameters, used: set[str]) -> tuple[Fact, ...]:
        """What the first container says, or the virtual machine, all of which are Ubuntu."""
        docker = machine.get("docker")
        if docker and docker.items:
            image = docker.items[0].merged.get("image")
            if image is None:
                return ()
            resolved = self._resolved(image, scope, used)
            return self.evidence.facts(parse_image(resolved.text).traits, resolved.line)
        virtual = machine.get("machine")
        name = text_of(virtual.merged.get("image")) if virtual else ""
        if virtual is None or not name.startswith("ubuntu-"):
            return ()
        return self.evidence.facts((Trait("os", "linux"), Trait("libc", "gnu")), virtual.merged["image"].line)

    def _installed(self, job: Parameters, parameters: Parameters, used: set[str]) -> tuple[Fact, ...]:
        """What `ruby/install` sets up, where its version is said."""
        steps = job.get("steps")
        for step in (steps.items if steps else [])[:_MOST_STEPS]:
            version = step.get("ruby/install", "version")
            if version is not None:
                resolved = self._resolved(version, parameters, used)
                name = parse_ruby_name(resolved.text)
                return self.evidence.facts(name.traits, resolved.line) if name else ()
        return ()

    def _resolved(self, node: Node, parameters: Parameters, used: set[str]) -> _Text:
        """A text with its parameters replaced, at the line of the one that names a version."""
        lines: list[int] = []

        def replacement(found: re.Match[str]) -> str:
            known = (self.pipeline if found["pipeline"] else parameters).get(found["name"])
            if known is None or known.text is None or "<<" in known.text:
                return UNRESOLVED
            if not found["pipeline"]:
                used.add(found["name"])
            if any(map(str.isdigit, known.text)):
                lines.append(known.line)
            return known.text

        text = _EXPRESSION.sub(UNRESOLVED, _PARAMETER.sub(replacement, text_of(node)[:500]))
        return _Text(text, lines[0] if lines else node.line)


def _variables(machine: Parameters) -> dict[str, Value]:
    """The variables of an executor, and of its first container."""
    docker = machine.get("docker")
    containers = [item.merged.get("environment") for item in (docker.items if docker else [])[:1]]
    return {name: value for node in (machine.get("environment"), *containers) for name, value in values(node).items()}


def _keys(node: Node | None) -> dict[str, Node]:
    return node.merged if node else {}


def _defaults(node: Node | None) -> dict[str, Node]:
    declared = islice(_keys(node).items(), _MOST_JOBS)
    return {name: default for name, value in declared if (default := value.get("default")) is not None}


def _runs(root: Node) -> dict[str, list[dict[str, Node]]]:
    """The parameters that the workflows give to each job."""
    found: dict[str, list[dict[str, Node]]] = {}
    for workflow in islice(_keys(root.get("workflows")).values(), _MOST_JOBS):
        jobs = workflow.get("jobs")
        for entry in (jobs.items if jobs else [])[:_MOST_JOBS]:
            for name, given in islice(entry.merged.items(), 1):
                runs = found.setdefault(name, [])
                runs += _variants(given)[: _MOST_VARIANTS - len(runs)]
    return found


def _variants(given: Node) -> list[dict[str, Node]]:
    """The parameters of one entry of a workflow, once for each combination of its matrix."""
    plain = {name: value for name, value in given.merged.items() if value.kind == "scalar"}
    axes = {
        name: value.items or [value]
        for name, value in islice(_keys(given.get("matrix", "parameters")).items(), _MOST_AXES)
    }
    combined = islice(product(*axes.values()), _MOST_VARIANTS)
    return [{**plain, **dict(zip(axes, one, strict=True))} for one in combined]


def _resource(evidence: Evidence, node: Node | None) -> tuple[Fact, ...]:
    """The CPU of a resource class; those of Arm begin with `arm.`, the plain sizes are x86_64."""
    name = text_of(node)
    if node is None or not name:
        return ()
    if name.startswith("arm."):
        return evidence.facts((Trait("cpu", "arm64"),), node.line)
    is_plain = name in {"small", "medium", "medium+", "large", "xlarge", "2xlarge", "2xlarge+"}
    return evidence.facts((Trait("cpu", "x86_64"),), node.line) if is_plain else ()
