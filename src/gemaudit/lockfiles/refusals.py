"""Files that are no lockfile, or that nobody should read further.

Whoever writes a lockfile chooses what is in it, and one of them must not hold up an audit or take its memory.
All of 192,000 lockfiles of public repositories are far within the bounds: none has more than 109 KB, a line of
2,256 bytes, 567 gems, 26 platforms, or a gem in 3 versions.
"""

import shlex
from collections.abc import Collection, Iterable

from gemaudit.lockfiles.remarks import Remarks
from gemaudit.lockfiles.sections import CONFLICT_MARKERS, KNOWN, Section
from gemaudit.model.lockfile import Package

MAX_BYTES = 1024 * 1024
MAX_LINE = 10_000
#: Each gem is a specification line: a version for a platform.
MAX_GEMS = 5_000
#: Those of PLATFORMS and of the gems together.
MAX_PLATFORMS = 100
#: Of one gem; Bundler locks one, and seldom another for some platform.
MAX_VERSIONS = 10

_MIB = 1024 * 1024
_GEMFILE_WORDS = ("source ", "gem ", "ruby ", "group ", "gemspec", "git_source", "plugin ", "eval_gemfile")
_REGENERATE = "run `bundle lock` to write a new one"
_NAME_PROJECT = "name the lockfile of the project: `gemaudit check Gemfile.lock`"
_NAME_ONE = "name a `Gemfile.lock` or `gems.locked`; `bundle lock` writes one"
_BEGINNINGS: tuple[tuple[str | tuple[str, ...], str, str], ...] = (
    ("version https://git-lfs.github.com/spec/", "; it is a git-LFS pointer", "run `git lfs pull` to fetch the file"),
    (("{", "["), "; it looks like JSON", _NAME_ONE),
    ("<", "; it looks like a web page", "fetch the raw file"),
    ("---", "; it looks like YAML, which Bundler 0.9 wrote", _REGENERATE),
)


def too_large(size: int, remarks: Remarks) -> bool:
    """Whether a file of `size` bytes is refused, with the remark that says so."""
    if size <= MAX_BYTES:
        return False
    remarks.add(
        "too-large",
        f"this file has {size / _MIB:.1f} MiB, and a lockfile of more than {MAX_BYTES // _MIB} MiB is not read",
        hint=_NAME_PROJECT,
    )
    return True


def line_too_long(lines: list[str], remarks: Remarks) -> bool:
    """Whether a line is refused for its length, with the remark that says so."""
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            remarks.add(
                "line-too-long",
                f"this line has {len(line)} characters, and one of more than {MAX_LINE} is not read",
                hint=_REGENERATE,
                line=number,
                text=line[:MAX_LINE],
            )
            return True
    return False


def too_many(packages: Collection[Package], platforms: Iterable[str], lines: list[str], remarks: Remarks) -> bool:
    """Whether a lockfile is refused for what it names, with the remark that says so."""
    if len(packages) > MAX_GEMS:
        remarks.add(
            "too-many-gems",
            f"this lockfile names {len(packages)} gems, and one with more than {MAX_GEMS} is not audited",
            hint=_NAME_PROJECT,
        )
        return True
    distinct = {package.platform for package in packages}.union(platforms)
    if len(distinct) > MAX_PLATFORMS:
        remarks.add(
            "too-many-platforms",
            f"this lockfile names {len(distinct)} platforms, and one with more than {MAX_PLATFORMS} is not audited",
            hint="run `bundle lock --remove-platform NAME` for those that nothing runs on",
        )
        return True
    return _too_many_versions(packages, lines, remarks)


def _too_many_versions(packages: Iterable[Package], lines: list[str], remarks: Remarks) -> bool:
    versions: dict[str, set[str]] = {}
    for package in packages:
        known = versions.setdefault(package.name, set())
        known.add(package.version)
        if len(known) > MAX_VERSIONS:
            remarks.add(
                "too-many-versions",
                f"this is another version of a gem that has {MAX_VERSIONS} above, and a lockfile with more of one gem"
                " is not audited",
                hint=_REGENERATE,
                line=package.line,
                text=lines[package.line - 1],
            )
            return True
    return False


def empty(text: str, remarks: Remarks) -> bool:
    """Whether there is nothing in the file, with the remark that says so."""
    if text and not text.isspace():
        return False
    remarks.add("empty-lockfile", "this lockfile is empty", hint=_REGENERATE)
    return True


def merge_conflict(text: str, lines: list[str], remarks: Remarks) -> bool:
    """Whether the text holds a conflict marker, with a remark on the first.

    Like `LockfileParser#initialize`, this looks for them anywhere in a line.
    """
    if not any(marker in text for marker in CONFLICT_MARKERS):
        return False
    for number, line in enumerate(lines, 1):
        if found := [marker for marker in CONFLICT_MARKERS if marker in line]:
            remarks.add(
                "merge-conflict",
                "this lockfile has an unresolved merge conflict",
                hint=f"take one side with `git checkout HEAD -- {_in_a_command(remarks.path)}`, then run `bundle lock`",
                line=number,
                text=line,
                about=min(found, key=line.index),
            )
            break
    return True


def _in_a_command(path: str) -> str:
    return shlex.quote(path) if path.isprintable() else "Gemfile.lock"


def not_a_lockfile(sections: list[Section], text: str, remarks: Remarks) -> bool:
    """Whether no section is one that Bundler writes, with a remark that says what the file looks like."""
    if any(section.header in KNOWN for section in sections):
        return False
    likeness, hint = _likeness(text.lstrip()[:2000])
    remarks.add("not-a-lockfile", f"this file has no section of a lockfile{likeness}", hint=hint)
    return True


def _likeness(start: str) -> tuple[str, str]:
    """What the text looks like, and what to do about it."""
    for beginnings, likeness, hint in _BEGINNINGS:
        if start.startswith(beginnings):
            return likeness, hint
    if any(line.startswith(_GEMFILE_WORDS) for line in start.splitlines()):
        return "; it looks like a Gemfile", "run `bundle lock`, then `gemaudit check Gemfile.lock`"
    return "; it is binary" if "\0" in start else "; it looks like text", _NAME_ONE
