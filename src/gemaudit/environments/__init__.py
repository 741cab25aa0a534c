"""Environments: where a bundle runs, found in the files of its project with the line of every claim.

`SOURCES` is the table of the files that are read; a new one is a module with `NAME`, `PATTERNS` and `observe`,
a line here, and its rank in `combine.PRECEDENCE`.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from gemaudit.environments import dockerfile, gemfile, gemfile_lock, mise, ruby_version, tool_versions, workflow
from gemaudit.environments.combine import combine, encloses
from gemaudit.environments.observation import Observation, Place
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
    "stated_facts",
]


class Source(Protocol):
    """A kind of file that says where a bundle runs.

    `PATTERNS` are globs relative to a project folder; `observe` never raises.
    """

    NAME: str
    PATTERNS: tuple[str, ...]

    def observe(self, document: Document) -> Observation:
        """Everything one file of this kind says."""
        ...


#: Every kind of file that is read, strongest first.
SOURCES: tuple[Source, ...] = (dockerfile, workflow, ruby_version, tool_versions, mise, gemfile)

#: What the sources ask for, relative to a project folder.
PATTERNS: tuple[str, ...] = tuple(pattern for source in SOURCES for pattern in source.PATTERNS)


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
    for document in sorted(dict.fromkeys(documents), key=lambda document: (document.path, document.text)):
        for source in SOURCES:
            base = _project_folder(document.path, source.PATTERNS)
            if base is not None and (folder is None or encloses(base, folder)):
                observations.append(source.observe(document))
    environments, contradictions = combine(observations, stated, folder)
    diagnostics = [diagnostic for item in observations for diagnostic in item.diagnostics]
    return Discovery(
        environments=environments,
        diagnostics=(*diagnostics, *contradictions),
        facts=tuple(dict.fromkeys(fact for item in observations for fact in _stated_by(item))),
    )


def _stated_by(observation: Observation) -> tuple[Fact, ...]:
    return (*(fact for place in observation.places for fact in place.facts), *observation.facts)


def _project_folder(path: str, patterns: Sequence[str]) -> str | None:
    """The folder relative to which one of the patterns names the path, or None where none does."""
    from fnmatch import fnmatchcase  # noqa: PLC0415 - it brings the file system along, which no stage needs

    parts = path.split("/")
    for pattern in patterns:
        depth = pattern.count("/") + 1
        if len(parts) >= depth and fnmatchcase("/".join(parts[-depth:]), pattern):
            return "/".join(parts[:-depth])
    return None
