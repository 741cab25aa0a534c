"""What the scan before says about the findings of this one."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from gemaudit.model.survey import Held, Result, Survey

#: Empty where there was no scan before.
State = Literal["new", "unchanged", ""]
_Key = tuple[str, str, str, str, str, str]


class Compared(Struct, frozen=True, kw_only=True):
    """Which findings came, and which went, by repository."""

    is_first: bool
    new: frozenset[_Key]
    fixed: dict[str, tuple[Held, ...]]

    @classmethod
    def of(cls, survey: Survey) -> "Compared":
        """The changes of the survey, to be asked for single findings."""
        fixed: dict[str, list[Held]] = {}
        for change in survey.changes:
            if change.news == "fixed":
                fixed.setdefault(change.repository, []).append(change.held)
        return cls(
            is_first=not survey.previous,
            new=frozenset(_key(change.repository, change.held) for change in survey.changes if change.news == "new"),
            fixed={name: tuple(held) for name, held in fixed.items()},
        )

    def state(self, repository: str, held: Held) -> State:
        """Whether the repository of that name holds the finding since this scan."""
        if self.is_first:
            return ""
        return "new" if _key(repository, held) in self.new else "unchanged"

    def narrowed(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results with only the findings that are new, of repositories where one is new or fixed.

        Repositories that failed stay: whether something is new in them is not known.
        """
        for result in results:
            name = result.repository.name
            held = tuple(one for one in result.held if self.state(name, one) == "new")
            if held or name in self.fixed or result.outcome == "failed":
                yield replace(result, held=held)


def _key(repository: str, held: Held) -> _Key:
    return (repository, held.lockfile, held.advisory, held.package_kind, held.package, held.version)
