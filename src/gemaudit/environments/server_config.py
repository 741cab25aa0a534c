"""`config/puma.rb`: whether Puma forks workers, and whether it compacts the heap before.

The settings are those of puma/puma, lib/puma/dsl.rb. With `workers` of one or more Puma forks (cluster mode);
`nakayoshi_fork`, from 5.0 until 6.0, collects and compacts before it does; the Solid Queue plugin forks a supervisor.
A number that the environment may replace counts as its default. The file counts only where the bundle has Puma.
"""

import re

from gemaudit.environments.observation import Evidence, Observation, Trait, Usage
from gemaudit.environments.ruby_text import statements
from gemaudit.model.document import Document

NAME = "server-config"

_FORK = Trait("feature", "fork")
_THREADS = Trait("feature", "threads")
_ENV = r"ENV(?:\.fetch\(\s*[\"']\w+[\"']\s*\)|\[\s*[\"']\w+[\"']\s*\])"
# The patterns are compiled when a file has something like them.
_COUNT = (
    r"workers[\s(]+(?:Integer\s*\(\s*)?(?:"
    r"(?P<plain>[0-9]+|:auto)"
    r"|ENV\.fetch\(\s*[\"']\w+[\"']\s*,\s*[\"']?(?P<comma>[0-9]+)[\"']?\s*\)"
    rf"|{_ENV}\s*\{{\s*[\"']?(?P<block>[0-9]+)[\"']?\s*\}}"
    rf"|\(?{_ENV}\s*\|\|\s*[\"']?(?P<other>[0-9]+)[\"']?\s*\)?"
    r")(?:\.to_i)?[\s)]*"
)
_OTHERS: tuple[tuple[str, str, tuple[Trait, ...], str], ...] = (
    ("fork_worker", r"fork_worker(?:[\s(]+[0-9]+\s*\)?)?", (_FORK,), ""),
    ("nakayoshi_fork", r"nakayoshi_fork(?:[\s(]+true\s*\)?)?", (Trait("feature", "compaction"),), ">= 2.7"),
    ("plugin", r"plugin[\s(]+:solid_queue\s*\)?", (_FORK, _THREADS), ""),
)


def observe(document: Document) -> Observation:
    """How Puma is set up, for every deployment."""
    evidence = Evidence(document, NAME)
    usages: list[Usage] = []
    for statement in statements(evidence.lines):
        text = statement.text
        if text.startswith("workers") and (count := re.fullmatch(_COUNT, text)) and _is_positive(count):
            usages.append(Usage(facts=evidence.facts((_FORK,), statement.line), gem="puma"))
        for word, pattern, traits, ruby in _OTHERS:
            if text.startswith(word) and re.fullmatch(pattern, text):
                usages.append(Usage(facts=evidence.facts(traits, statement.line), ruby=ruby, gem="puma"))
    return Observation(usages=tuple(usages))


def _is_positive(count: re.Match[str]) -> bool:
    word = next(group for group in count.groups() if group is not None)
    return word == ":auto" or word.strip("0") != ""
