"""An upstream repository, asked through `git` what its history proves."""

import re
import subprocess
from functools import cache
from pathlib import Path

from gemaudit.model.version import Version

_SHA = re.compile(r"[0-9a-f]{7,40}")
_PRERELEASE = r"(?:preview|pre|rc|alpha|beta|dev)"
_NUMBER = re.compile(rf"\d+(?:[._]\d+)+(?:[._-]?{_PRERELEASE}[._]?\d*)?", re.IGNORECASE)
_WORD = re.compile(rf"(?<=\d)[._-]?(?={_PRERELEASE})", re.IGNORECASE)
_SECONDS = 120


class UpstreamError(Exception):
    """The folder is no Git repository, or `git` is not there."""


class Upstream:
    """A clone, bare or not; nothing in it is run or written."""

    def __init__(self, folder: Path) -> None:
        """Open a clone. Raises UpstreamError where there is none."""
        self._folder = folder
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
        versions = {version for tag in tags if (version := version_of(tag)) is not None}
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


@cache
def version_of(tag: str) -> Version | None:
    """The version that a tag names, as in `v1.2.0`, `v3_4_5`, `foo-1.2.0.rc1`; None where it names none."""
    found = _NUMBER.findall(tag)
    if not found:
        return None
    text = re.sub(
        r"(?<=\d)[._-]?(?=(?:pre|rc|alpha|beta|preview|dev)\b|(?:pre|rc|alpha|beta|preview|dev)\d)", ".", found[-1]
    )
    try:
        return Version.parse(text.replace("_", ".").replace("-", "."))
    except ValueError:
        return None
