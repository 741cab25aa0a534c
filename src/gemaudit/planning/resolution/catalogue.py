"""The releases that gem servers offer, and the questions that are still open."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from gemaudit.model.gem_index import GemFile, Listing, Wanted
from gemaudit.model.version import Version


class Release(Struct, frozen=True, kw_only=True):
    """A version of a gem with its files, one for each platform."""

    version: Version
    files: tuple[GemFile, ...]


class Catalogue:
    """What the servers said so far; whoever asks for more is told nothing and noted down in `missing`.

    So a plan is made again and again, until it asks for nothing that has not been fetched.
    """

    def __init__(self, listings: Mapping[Wanted, Listing]) -> None:
        self.missing: set[Wanted] = set()
        self.unanswered: set[Wanted] = set()
        self._listings = listings
        self._known: dict[tuple[str, tuple[str, ...]], tuple[Release, ...] | None] = {}

    def releases(self, gem: str, remotes: tuple[str, ...]) -> tuple[Release, ...] | None:
        """Every release that one of the servers has, oldest first; None where a server has not answered."""
        key = (gem, remotes)
        if key not in self._known:
            self._known[key] = self._find(gem, remotes)
        return self._known[key]

    def release(self, gem: str, remotes: tuple[str, ...], version: Version) -> Release | None:
        """One release of a gem; None where no server is known to have it."""
        return next((one for one in self.releases(gem, remotes) or () if one.version == version), None)

    def _find(self, gem: str, remotes: tuple[str, ...]) -> tuple[Release, ...] | None:
        questions = [Wanted(remote, gem) for remote in remotes]
        listings = [self._listings.get(question) for question in questions]
        self.missing |= {question for question, listing in zip(questions, listings, strict=True) if listing is None}
        self.unanswered |= {
            question for question, listing in zip(questions, listings, strict=True) if listing and listing.problem
        }
        if any(listing is None or listing.problem for listing in listings):
            return None
        return _by_version(file for listing in listings if listing for file in listing.files)


def _by_version(files: Iterable[GemFile]) -> tuple[Release, ...]:
    found: dict[Version, dict[str, GemFile]] = {}
    for file in files:
        try:
            version = Version.parse(file.version)
        except ValueError:
            continue
        # Where two servers have the same file, the one that is named first counts.
        found.setdefault(version, {}).setdefault(file.platform, file)
    return tuple(Release(version=version, files=tuple(found[version].values())) for version in sorted(found))
