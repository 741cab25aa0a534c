"""Compose files: a service that runs an image with a Ruby, or builds a Dockerfile in a way of its own.

The keys are those of the Compose Specification (compose-spec/spec.md, build.md): `image`, `build`, `platform`,
`environment`, `command`, `entrypoint`. Variables have the default that the file gives them (interpolation.md);
`extends`, `include` and `env_file` are not followed.
"""

from collections.abc import Mapping
from itertools import islice

from gemaudit.environments.containers import commanded, interpolated, joined, resolved, switched, values
from gemaudit.environments.dockerfile_syntax import expand
from gemaudit.environments.images import parse_image, platform_traits
from gemaudit.environments.observation import Build, Evidence, Observation, Place, excerpt
from gemaudit.environments.switches import with_sanitizers
from gemaudit.environments.yaml_nodes import Node, YamlError, parse_yaml, text_of, unreadable
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "compose"

_MOST_SERVICES = 100
_LONGEST_WORD = 60


def observe(document: Document) -> Observation:
    """The services that run a Ruby; those that nothing tells apart are one place, called after the first."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_yaml(evidence.lines)
    except YamlError as error:
        hint = "check it with `docker compose config`"
        return Observation(diagnostics=(unreadable(evidence, error, "compose file", hint),))
    services = root.get("services") if root else None
    named = islice(services.named.items() if services else (), _MOST_SERVICES)
    reader = _Reader(document, evidence)
    places = [place for name, node in named if (place := reader.place(name, node.merged))]
    distinct = {(place.facts, place.build): place for place in reversed(places)}
    return Observation(places=tuple(distinct.values())[::-1])


class _Reader:
    """Reads the services of one file."""

    def __init__(self, document: Document, evidence: Evidence) -> None:
        self.document = document
        self.evidence = evidence
        self.folder, _, name = document.path.rpartition("/")
        self.is_deployment = "prod" in name

    def place(self, name: str, service: Mapping[str, Node]) -> Place | None:
        """What one service is, or None where no Ruby is in sight."""
        found = self._built(service) if "build" in service else self._pulled(service)
        if found is None:
            return None
        facts, folder, build = found
        return Place(
            id=f"compose/{excerpt(name)[:_LONGEST_WORD]}",
            facts=facts,
            folder=folder,
            build=build,
            is_deployment=self.is_deployment,
            is_image=True,
        )

    def _pulled(self, service: Mapping[str, Node]) -> tuple[tuple[Fact, ...], str, None] | None:
        node = service.get("image")
        image = parse_image(expand(text_of(node), {}).text)
        if node is None or not image.has_ruby:
            return None
        facts = (*self._platform(service), *self.evidence.facts(image.traits, node.line))
        return with_sanitizers(facts, self._switches(service)), self.folder, None

    def _built(self, service: Mapping[str, Node]) -> tuple[tuple[Fact, ...], str, Build] | None:
        build = service["build"]
        keys = build.merged
        context = joined(self.folder, expand(text_of(keys.get("context") or build), {}).text)
        name = expand(text_of(keys.get("dockerfile")), {}).text or "Dockerfile"
        path = joined(context, name) if context is not None else None
        if context is None or path is None or "dockerfile_inline" in keys:
            return None
        asked = Build(
            document=self.document,
            source=NAME,
            dockerfile=path,
            arguments=resolved(interpolated(values(keys.get("args")))),
            target=text_of(keys.get("target")),
            variables=tuple(values(service.get("environment"))),
            has_command="command" in service or "entrypoint" in service,
        )
        return (*self._platform(service), *self._switches(service)), context, asked

    def _platform(self, service: Mapping[str, Node]) -> tuple[Fact, ...]:
        node = service.get("platform")
        return self.evidence.facts(platform_traits(expand(text_of(node), {}).text), node.line) if node else ()

    def _switches(self, service: Mapping[str, Node]) -> tuple[Fact, ...]:
        return (
            *switched(self.evidence, interpolated(values(service.get("environment")))),
            *commanded(self.evidence, service.get("command"), service.get("entrypoint")),
        )
