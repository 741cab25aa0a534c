"""Heroku's `app.json`: an application that a stack and the Ruby buildpack run.

The keys are those of Heroku's app.json schema (devcenter.heroku.com/articles/app-json-schema):
`stack`, `buildpacks`, `env`. Every stack is Ubuntu; `container` is an image, which its Dockerfile describes.
"""

import re

from gemaudit.environments.containers import Value, switched
from gemaudit.environments.json_comments import parse_json
from gemaudit.environments.observation import Evidence, Observation, Place, Trait
from gemaudit.environments.yaml_nodes import Node, YamlError, text_of, unreadable
from gemaudit.model.document import Document

NAME = "heroku"

_STACK = re.compile(r"heroku-[0-9]{2}")
_BUILDPACK = re.compile(r"heroku/ruby|(?:https://github\.com/)?heroku/heroku-buildpack-ruby(?:\.git)?(?:#.*)?")
_MOST_BUILDPACKS = 20


def observe(document: Document) -> Observation:
    """The place that Heroku runs, where the file names the Ruby buildpack; its Ruby is that of the lockfile."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_json(evidence.lines)
    except YamlError as error:
        hint = "see https://devcenter.heroku.com/articles/app-json-schema"
        return Observation(diagnostics=(unreadable(evidence, error, "app.json", hint),))
    stack = root.get("stack") if root else None
    buildpack = _buildpack(root) if root else None
    if root is None or buildpack is None or text_of(stack) == "container":
        return Observation()
    line = stack.line if stack and _STACK.fullmatch(text_of(stack)) else buildpack.line
    facts = (
        *evidence.facts((Trait("os", "linux"), Trait("libc", "gnu")), line),
        *switched(evidence, _variables(root.get("env"))),
    )
    folder = document.path.rpartition("/")[0]
    return Observation(
        places=(Place(id="heroku", facts=facts, folder=folder, is_contestable=True, is_deployment=True),)
    )


def _buildpack(root: Node) -> Node | None:
    packs = root.get("buildpacks")
    urls = [item.get("url") for item in (packs.items if packs else [])[:_MOST_BUILDPACKS]]
    return next((url for url in urls if url and _BUILDPACK.fullmatch(text_of(url))), None)


def _variables(env: Node | None) -> dict[str, Value]:
    """The variables with a value: a text, or a table with `value`."""
    named = env.named if env else {}
    nodes = {name: node.get("value") if node.kind == "map" else node for name, node in named.items()}
    return {name: Value(text_of(node), node.line) for name, node in nodes.items() if node}
