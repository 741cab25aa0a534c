"""Which paths `.gitignore` files exclude."""

from pathlib import Path
from typing import TYPE_CHECKING

from gemaudit.adapters.paths import read_regular

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"
_LARGEST = 1024 * 1024


class Rules:
    """The `.gitignore` files of a folder and of those above it.

    The nearest one that says something about a path decides, and in it the last line, as in gitignore(5).
    """

    def __init__(self, folder: Path, outer: "Rules | None" = None) -> None:
        self._folder = folder
        self._outer = outer
        self._spec = _spec(folder / NAME)

    def exclude(self, path: Path, *, is_folder: bool) -> bool:
        """Whether a path below the folder is excluded; its own parents are taken not to be."""
        if self._spec is not None:
            below = path.relative_to(self._folder).as_posix()
            verdict = self._spec.check_file(f"{below}/" if is_folder else below).include
            if verdict is not None:
                return verdict
        return self._outer is not None and self._outer.exclude(path, is_folder=is_folder)


def rules_above(folder: Path, root: Path) -> Rules | None:
    """The rules that the folders from `root` down to the parent of `folder` state.

    There are none where they exclude the folder itself: who names it wants to see what is in it.
    """
    rules: Rules | None = None
    here = root
    for name in folder.relative_to(root).parts:
        if (here / NAME).is_file():
            rules = Rules(here, rules)
        here /= name
        if rules and rules.exclude(here, is_folder=True):
            return None
    return rules


def _spec(path: Path) -> "GitIgnoreSpec | None":
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only a tree with such a file pays for the import

    try:
        lines = read_regular(path, _LARGEST).decode("utf-8", "replace").splitlines()
        return GitIgnoreSpec.from_lines(lines)
    except (OSError, ValueError):
        return None
