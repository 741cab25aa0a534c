"""An upstream repository, asked through `git` what its history proves."""

import re
import subprocess
from functools import cache
from pathlib import Path

from gemaudit.model.version import Version

_SHA = re.compile(r"[0-9a-f]{7,40}")
_PRERELEASE = r"(?:preview|pre|rc|alpha|beta|dev)"
_NUMBER = rf"\d+(?:[._-]\d+)*(?:[._-]?{_PRERELEASE}[._-]?\d*)?"
_WORD = re.compile(rf"(?<=\d)[._-]?(?={_PRERELEASE})", re.IGNORECASE)
_SECONDS = 120


class UpstreamError(Exception):
    """The folder is no Git repository, or `git` is not there."""


class Upstream:
    """A clone, bare or not; nothing in it is run or written."""

    def __init__(self, folder: Path, name: str) -> None:
        """Open a clone of the repository `name`. Raises UpstreamError where there is none."""
        self._folder = folder
        self._name = name
        if self._git("rev-parse", "--git-dir") is None:
            raise UpstreamError(f"`{folder}` is no Git repository")

    def has_commit(self, sha: str) -> bool:
        """Whether the clone holds the commit."""
        return bool(_SHA.fullmatch(sha)) and self._git("cat-file", "-e", f"{sha}^{{commit}}") is not None

    def releases_with(self, sha: str) -> tuple[Version, ...]:
        """The releases whose tags contain the commit, in RubyGems' order; tags that name no version are left out."""
        if not _SHA.fullmatch(sha):
            return ()
        tags = (self._git("tag", "--contains", sha) or "").splitlines()
        versions = {version for tag in tags if (version := version_of(tag, self._name)) is not None}
        return tuple(sorted(versions))

    def _git(self, *arguments: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments, of which each was checked
                ["git", "-C", str(self._folder), *arguments],  # noqa: S607 - git is looked up as the user has it
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UpstreamError(f"git cannot be asked: {error}") from error
        return done.stdout if done.returncode == 0 else None


def version_of(tag: str, name: str) -> Version | None:
    """The version that a tag of the repository `name` names: `v1.2.0`, `v3_4_5`, `release-1.2`, `NAME-1.2.0.rc1`.

    None for every other tag: those of other packages in the repository, and those of somebody's own builds.
    """
    found = _pattern(name).fullmatch(tag)
    if found is None:
        return None
    try:
        return Version.parse(re.sub("[_-]", ".", _WORD.sub(".", found[1])))
    except ValueError:
        return None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?:release|rel|{re.escape(name)})[-_/])?v?({_NUMBER})", re.IGNORECASE)
