"""Environments: where a bundle runs, found in the files of its project with the line of every claim."""

from collections.abc import Sequence

from msgspec import Struct

from gemaudit.environments import gemfile_lock
from gemaudit.environments.builds import with_built
from gemaudit.environments.combine import combine, encloses
from gemaudit.environments.observation import Observation, Place
from gemaudit.environments.sources import PATTERNS, SOURCES, Source, is_source, project_folder
from gemaudit.environments.stated import COMMAND_LINE, Facts, Stated, stated_facts
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document
from gemaudit.model.environment import Environment, Fact
from gemaudit.model.lockfile import Lockfile

__all__ = [
    "COMMAND_LINE",
    "PATTERNS",
    "SOURCES",
    "Discovery",
    "Facts",
    "Observation",
    "Place",
    "Source",
    "Stated",
    "discover",
    "is_source",
    "stated_facts",
]


class Discovery(Struct, frozen=True, kw_only=True):
    """The environments of a project, at least one, in the order of their ids, and what its files leave to say.

    `facts` is everything that the files state, also what a stronger source overrides.
    """

    environments: tuple[Environment, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    facts: tuple[Fact, ...] = ()


def discover(documents: Sequence[Document], lockfile: Lockfile | None, stated: Stated) -> Discovery:
    """The environments that the documents, the lockfile and the user describe.

    Documents of folders that do not hold the lockfile describe another project and play no part.
    """
    folder = lockfile.path.rpartition("/")[0] if lockfile else None
    observations = [gemfile_lock.observe(lockfile)] if lockfile else []
    ordered = sorted(dict.fromkeys(documents), key=lambda document: (document.path, document.text))
    for document in ordered:
        for source in SOURCES:
            base = project_folder(document.path, source)
            if base is not None and (folder is None or encloses(base, folder)):
                observations.append(source.observe(document))
    observations = with_built(observations, ordered)
    gems = {package.name for package in lockfile.packages} if lockfile else ()
    environments, contradictions = combine(observations, stated, folder, gems)
    diagnostics = [diagnostic for item in observations for diagnostic in item.diagnostics]
    return Discovery(
        environments=environments,
        diagnostics=(*diagnostics, *contradictions),
        facts=tuple(dict.fromkeys(fact for item in observations for fact in _stated_by(item))),
    )


def _stated_by(observation: Observation) -> tuple[Fact, ...]:
    used = (fact for usage in observation.usages for fact in usage.facts)
    return (*(fact for place in observation.places for fact in place.facts), *observation.facts, *used)
