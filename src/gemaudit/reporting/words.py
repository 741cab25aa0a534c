"""English: numbers, lists and places."""

from collections.abc import Iterable, Sequence

#: A space at which no line is broken.
NBSP = "\N{NO-BREAK SPACE}"
#: What stands between parts of a line that are no sentence.
BULLET = f"{NBSP}· "

_IRREGULAR = {
    "advisory": "advisories",
    "branch": "branches",
    "has": "have",
    "is": "are",
    "it": "them",
    "repository": "repositories",
    "this": "these",
}


def plural(number: int, word: str) -> str:
    """The word as it reads after the number."""
    return word if number == 1 else _IRREGULAR.get(word, word + "s")


def count(number: int, word: str) -> str:
    """The number and its word, as in `1 gem` or `2 gems`, kept on one line."""
    return f"{number}{NBSP}{plural(number, word)}"


def listing(items: Sequence[str], *, word: str = "and", limit: int = 0) -> str:
    """The items as in `a, b and c`; beyond `limit` they are only counted."""
    if limit and len(items) > limit:
        return f"{', '.join(items[:limit])} {word}{NBSP}{len(items) - limit}{NBSP}more"
    *others, last = items or ("",)
    return f"{', '.join(others)} {word}{NBSP}{last}" if others else last


def unique(items: Iterable[str]) -> list[str]:
    """The items that are not empty, each once, in the order of their first occurrence."""
    return [item for item in dict.fromkeys(items) if item]


def together(text: str) -> str:
    """The text with spaces at which no line is broken, unless it is longer than a line."""
    return text.replace(" ", NBSP)


def literal(text: str) -> str:
    """Something to be typed or read letter by letter, in backticks."""
    return together(f"`{text}`")


def place(path: str, line: int) -> str:
    """Where something is stated, as in `Gemfile.lock:120`; empty where there is no path."""
    if path.startswith("<") and path.endswith(">"):
        return together(path.strip("<>"))
    return together(f"{path}:{line}" if path and line else path)
