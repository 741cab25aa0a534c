"""`devcontainer.json`: the container that the project is developed in.

The keys are those of the Development Container Specification (containers.dev/implementors/json_reference): `image`,
`build` or the older `dockerFile`, `features`, `containerEnv`. A container of a compose file is left to that file.
The features that install a Ruby are ghcr.io/devcontainers/features/ruby and ghcr.io/rails/devcontainer/features/ruby.
"""

from gemaudit.environments.containers import joined, resolved, switched, values
from gemaudit.environments.images import parse_image
from gemaudit.environments.json_comments import parse_json
from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Build, Evidence, Observation, Place, Trait
from gemaudit.environments.switches import with_sanitizers
from gemaudit.environments.yaml_nodes import Node, YamlError, text_of, unreadable
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "devcontainer"

_FEATURES = ("ghcr.io/devcontainers/features/ruby", "ghcr.io/rails/devcontainer/features/ruby")
_INTERPRETER = frozenset({"engine", "ruby", "engine_version", "build", "sanitizer"})


def observe(document: Document) -> Observation:
    """The place that the container is, or nothing where no Ruby is in sight."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_json(evidence.lines)
    except YamlError as error:
        hint = "see https://containers.dev/implementors/json_reference"
        return Observation(diagnostics=(unreadable(evidence, error, "devcontainer", hint),))
    if root is None or root.kind != "map":
        return Observation()
    beside = document.path.rpartition("/")[0]
    folder = beside.rpartition("/")[0] if beside.rpartition("/")[2] == ".devcontainer" else beside
    variables = values(root.get("containerEnv"))
    feature = _feature(evidence, root)
    place = Place(id="devcontainer", facts=feature, folder=folder)
    if build := _build(document, root, beside, tuple(variables)):
        facts = (*feature, *switched(evidence, variables))
        return Observation(places=(Place(id=place.id, facts=facts, folder=folder, build=build),))
    node = root.get("image")
    image = parse_image(text_of(node))
    if not feature and not image.has_ruby:
        return Observation()
    traits = [trait for trait in image.traits if not feature or trait.name not in _INTERPRETER]
    facts = (*feature, *(evidence.facts(traits, node.line) if node else ()))
    facts = with_sanitizers(facts, switched(evidence, variables))
    return Observation(places=(Place(id=place.id, facts=facts, folder=folder),))


def _feature(evidence: Evidence, root: Node) -> tuple[Fact, ...]:
    """The Ruby that a feature installs; `latest` and `none` are left to whoever knows."""
    features = root.get("features")
    for name, options in (features.named if features else {}).items():
        if name.partition(":")[0].lower() in _FEATURES:
            version = options.get("version")
            known = parse_ruby_name(text_of(version)) if version else None
            line = version.line if version else options.line
            return evidence.facts(known.traits if known else (Trait("engine", "ruby"),), line)
    return ()


def _build(document: Document, root: Node, beside: str, variables: tuple[str, ...]) -> Build | None:
    name = text_of(root.get("build", "dockerfile") or root.get("dockerFile"))
    path = joined(beside, name) if name else None
    if path is None:
        return None
    return Build(
        document=document,
        source=NAME,
        dockerfile=path,
        arguments=resolved(values(root.get("build", "args"))),
        target=text_of(root.get("build", "target")),
        variables=variables,
        replaces=".devcontainer/" in f"/{path}",
    )
