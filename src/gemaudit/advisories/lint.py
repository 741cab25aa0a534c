"""The linter: every advisory file is read as the audit reads it, and held to the rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from gemaudit.advisories.numbering import PLACEHOLDER
from gemaudit.advisories.reader import read
from gemaudit.advisories.rules import RULES
from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.advisory import Advisory, Example, Status
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document


def lint(
    documents: Iterable[Document], evaluate: Callable[[Advisory, Example], Status]
) -> tuple[tuple[Advisory, ...], tuple[Diagnostic, ...]]:
    """Return the advisories that could be read and everything that is wrong with the files, in the order of paths.

    `evaluate` judges a self-test; it raises ValueError for one that cannot be judged.
    """
    entries: list[Entry] = []
    problems: list[Diagnostic] = []
    for document in sorted(documents, key=lambda document: document.path):
        advisory, lines, unreadable = read(document)
        problems += unreadable
        if advisory is not None:
            entries.append(Entry(document, advisory, lines, evaluate))
    problems += [problem for entry in entries for rule in RULES for problem in rule.check(entry)]
    problems += _shared_names(entries)
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.code))
    return tuple(entry.advisory for entry in entries), tuple(problems)


def _shared_names(entries: list[Entry]) -> Iterator[Diagnostic]:
    """Ids are unique, but for the placeholder, and one alias stands for one advisory."""
    owners: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for name in {name.casefold() for name in entry.advisory.names() if name != PLACEHOLDER}:
            owners[name].append(entry)
    for name, sharing in owners.items():
        for entry in sharing[1:]:
            key = "id" if entry.advisory.id.casefold() == name else "aliases"
            code = "duplicate-id" if key == "id" else "duplicate-alias"
            yield entry.problem(code, f"`{name}` already stands for {sharing[0].document.path}", key)
