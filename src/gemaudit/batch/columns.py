"""Which columns of a table are read, and which are kept."""

from collections.abc import Collection, Sequence

from gemaudit.batch.row import Row


class ColumnError(ValueError):
    """A column that is asked for cannot be used; `hint` says what can."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message = message
        self.hint = hint


def check_columns(names: Collection[str], column: str, keep: Sequence[str]) -> None:
    """Raise ColumnError unless the table has the columns once each, and none that is kept has the name of an answer."""
    for name in (column, *keep):
        if name not in names:
            raise ColumnError(f"there is no column `{name}`", f"there are {_listed(names)}")
        if list(names).count(name) > 1:
            raise ColumnError(f"there are several columns `{name}`", "rename all but one of them")
    for name in keep:
        if name in Row.__struct_fields__:
            raise ColumnError(f"the column `{name}` cannot be kept beside the answer of that name", "rename it before")
        if list(keep).count(name) > 1:
            raise ColumnError(f"the column `{name}` is kept twice", "name it once")


def _listed(names: Collection[str]) -> str:
    shown = [f"`{name}`" for name in list(names)[:20]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") if shown else "none at all"
