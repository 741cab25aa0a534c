"""`devbox.json`: a Ruby from nixpkgs, named with its version.

`packages` is a list of `name@version` or a mapping of names to versions or to tables with `version`
(jetify.com/docs/devbox/configuration). Nixpkgs carries patches of its own, as a distribution does.
"""

from gemaudit.environments.json_comments import parse_json
from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation, Trait
from gemaudit.environments.yaml_nodes import Node, YamlError, text_of, unreadable
from gemaudit.model.document import Document

NAME = "devbox"


def observe(document: Document) -> Observation:
    """The Ruby that the file names, for the whole project."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_json(evidence.lines)
    except YamlError as error:
        hint = "check it with `devbox install`"
        return Observation(diagnostics=(unreadable(evidence, error, "devbox.json", hint),))
    found = _version(root.get("packages")) if root else None
    if found is None:
        return Observation()
    name = parse_ruby_name(text_of(found).removeprefix("ruby@"))
    if name is None or name.engine != "ruby" or name.build:
        return Observation()
    return Observation(facts=evidence.facts((*name.traits, Trait("build", "distribution")), found.line))


def _version(packages: Node | None) -> Node | None:
    if packages is None:
        return None
    for item in packages.items:
        if text_of(item).startswith("ruby@"):
            return item
    named = packages.named.get("ruby")
    return named.get("version") if named and named.kind == "map" else named
