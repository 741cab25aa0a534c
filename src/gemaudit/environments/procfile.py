"""`Procfile`: the commands that start the application, one for each kind of process.

The lines read `<name>: <command>` (devcenter.heroku.com/articles/procfile). `release` runs once before a deployment
and says nothing about how the application runs.
"""

from gemaudit.environments.observation import Evidence, Observation, Usage
from gemaudit.environments.switches import command_traits
from gemaudit.model.document import Document

NAME = "procfile"

_MOST_LINES = 200


def observe(document: Document) -> Observation:
    """What the commands start, which is how the application is used where it is deployed without an image."""
    evidence = Evidence(document, NAME)
    usages = []
    for number, line in enumerate(evidence.lines[:_MOST_LINES], 1):
        name, colon, command = line.partition(":")
        is_process = name.replace("-", "").replace("_", "").isalnum() and name != "release"
        if colon and is_process and (traits := command_traits(command)):
            usages.append(Usage(facts=evidence.facts(traits, number), is_process=True))
    return Observation(usages=tuple(usages))
