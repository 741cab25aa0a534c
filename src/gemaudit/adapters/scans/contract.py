"""Values that go into the file of scans and come out of it."""

from msgspec import Struct

from gemaudit.model.repository import Repository
from gemaudit.model.survey import Outcome, Result


class Known(Struct, frozen=True, kw_only=True):
    """What is remembered of a repository.

    `basis` is a digest of everything that the last audit rested on beside the repository's files: advisories, release
    of gemaudit, settings. `until` is the last day (ISO 8601) on which the answer holds, empty for always.
    `scan` is when the scan began that settled it last, and `tree` what it was settled for.
    """

    repository: Repository
    tree: str
    basis: str
    until: str
    scan: str
    outcome: Outcome


class File(Struct, frozen=True, kw_only=True):
    """A file that was read: a lockfile, settings, or what says where a bundle runs.

    `path` is where it lies, `oid` git's name of its content (of a link: of what it leads to).
    """

    path: str
    oid: str


class Settled(Struct, frozen=True, kw_only=True):
    """What a scan learned about a repository.

    `source` is that in whose listing it was. `files` is None where they are those of the last audit. `recipe` says how
    they make up the repository, in bytes that only the engine understands, and is None where it is that of the last
    audit.
    """

    result: Result
    source: str = ""
    tree: str = ""
    basis: str = ""
    until: str = ""
    files: tuple[File, ...] | None = None
    recipe: bytes | None = None


class Merged(Struct, frozen=True, kw_only=True):
    """What became of joining files: how many, with how many repositories and scans in the whole.

    `taken` are the repositories that were not in it before, or not as late.
    """

    files: int
    repositories: int
    scans: int
    taken: int

    def __str__(self) -> str:
        """The numbers in words."""
        whole = f"{self.repositories} repositories, {self.scans} scans"
        return f"{self.files} files joined: {whole}; {self.taken} repositories were not known, or not as late"
