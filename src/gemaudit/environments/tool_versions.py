"""`.tool-versions` of asdf and mise: `ruby 3.4.5`, where the first of several versions is the one in use."""

from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation
from gemaudit.model.document import Document

NAME = "tool-versions"


def observe(document: Document) -> Observation:
    """The Ruby that the file names, for the whole project; `system`, `ref:` and `path:` name none."""
    evidence = Evidence(document, NAME)
    for number, line in enumerate(evidence.lines, 1):
        tool, *versions = line.partition("#")[0].split(maxsplit=2) or [""]
        if tool == "ruby" and versions:
            name = parse_ruby_name(versions[0])
            return Observation(facts=evidence.facts(name.traits, number) if name else ())
    return Observation()
