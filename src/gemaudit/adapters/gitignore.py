"""Which paths `.gitignore` files exclude."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gemaudit.adapters.paths import read_regular

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"
_LARGEST = 1024 * 1024


class Rules(NamedTuple):
    """The lines of the `.gitignore` file of a folder, and the rules of the folders above it."""

    folder: Path
    spec: "GitIgnoreSpec | None"
    outer: "Rules | None"


def rules_of(folder: Path, outer: Rules | None = None) -> Rules:
    """The rules for what is below a folder that has a `.gitignore`."""
    return Rules(folder, _spec(folder / NAME), outer)


def is_excluded(path: Path, rules: Rules | None, *, is_folder: bool) -> bool:
    """Whether the rules exclude a path whose own parents they do not exclude.

    The nearest file that says something about the path decides, and in it the last line, as in gitignore(5).
    """
    while rules is not None:
        if rules.spec is not None:
            below = path.relative_to(rules.folder).as_posix()
            verdict = rules.spec.check_file(f"{below}/" if is_folder else below).include
            if verdict is not None:
                return verdict
        rules = rules.outer
    return False


def rules_above(folder: Path, root: Path) -> Rules | None:
    """The rules that the folders from `root` down to the parent of `folder` state.

    There are none where they exclude the folder itself: who names it wants to see what is in it.
    """
    rules: Rules | None = None
    here = root
    for name in folder.relative_to(root).parts:
        if (here / NAME).is_file():
            rules = rules_of(here, rules)
        here /= name
        if is_excluded(here, rules, is_folder=True):
            return None
    return rules


def _spec(path: Path) -> "GitIgnoreSpec | None":
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only a tree with such a file pays for the import

    try:
        lines = read_regular(path, _LARGEST).decode("utf-8", "replace").splitlines()
        return GitIgnoreSpec.from_lines(lines)
    except (OSError, ValueError):
        return None
