"""Kamal's `config/deploy.yml`: the image that it builds is what is deployed.

The keys are those of basecamp/kamal, lib/kamal/configuration/docs: `builder` (builder.yml) with `arch`, `args`,
`context`, `dockerfile` and `target`, `env` (env.yml), and `servers` with a `cmd` for each role (role.yml).
Kamal reads the file through ERB; what a tag computes is not known.
"""

from collections.abc import Iterator
from itertools import islice

from gemaudit.environments.containers import Value, commanded, joined, resolved, switched, values
from gemaudit.environments.images import UNRESOLVED, platform_traits
from gemaudit.environments.observation import Build, Evidence, Observation, Place
from gemaudit.environments.yaml_nodes import Node, YamlError, parse_yaml, text_of, unreadable
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "kamal"

_MOST_ROLES = 50


def observe(document: Document) -> Observation:
    """The place that Kamal deploys to, which stands for the Dockerfile."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_yaml([_without_tags(line) for line in evidence.lines])
    except YamlError as error:
        hint = "check it with `kamal config`"
        return Observation(diagnostics=(unreadable(evidence, error, "Kamal configuration", hint),))
    if root is None or not root.merged.keys() & {"image", "service", "servers", "builder"}:
        return Observation()
    project = "/".join(document.path.split("/")[:-2])
    builder = root.merged.get("builder")
    keys = builder.merged if builder else {}
    context = joined(project, text_of(keys.get("context")) or ".")
    path = joined(context, text_of(keys.get("dockerfile")) or "Dockerfile") if context is not None else None
    if context is None or path is None:
        return Observation()
    variables = _variables(root.merged.get("env"))
    build = Build(
        document=document,
        source=NAME,
        dockerfile=path,
        arguments=resolved(values(keys.get("args"))),
        target=text_of(keys.get("target")),
        variables=tuple(variables),
        replaces=True,
    )
    facts = (*_cpu(evidence, keys.get("arch")), *switched(evidence, variables), *_roles(evidence, root))
    place = Place(
        id="production",
        facts=facts,
        folder=project,
        is_contestable=True,
        is_deployment=True,
        is_image=True,
        build=build,
    )
    return Observation(places=(place,))


def _without_tags(line: str) -> str:
    """A line with what ERB computes replaced by what cannot be known; a line of Ruby alone is left out."""
    if "<%" not in line:
        return line
    head, _, rest = line.partition("<%")
    tail = rest.rpartition("%>")[2]
    return f"{head}{UNRESOLVED}{tail}" if rest.startswith("=") else ""


def _cpu(evidence: Evidence, arch: Node | None) -> tuple[Fact, ...]:
    """The CPU, where the image is built for one alone."""
    if arch is None:
        return ()
    nodes = arch.items or [arch]
    if len(nodes) > 1:
        return ()
    traits = [trait for trait in platform_traits(f"linux/{text_of(nodes[0])}") if trait.name == "cpu"]
    return evidence.facts(traits, nodes[0].line)


def _variables(env: Node | None) -> dict[str, Value]:
    """The clear variables: all of them, or those under `clear`."""
    if env is None:
        return {}
    keys = env.merged
    return values(keys.get("clear")) if keys.keys() & {"clear", "secret", "tags"} else values(env)


def _roles(evidence: Evidence, root: Node) -> tuple[Fact, ...]:
    return tuple(fact for command in _commands(root) for fact in commanded(evidence, command))


def _commands(root: Node) -> Iterator[Node]:
    servers = root.merged.get("servers")
    for role in islice(servers.merged.values() if servers else (), _MOST_ROLES):
        if command := role.merged.get("cmd"):
            yield command
