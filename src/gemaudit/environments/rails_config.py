"""The configuration of an application: whether it compacts the heap, and whether Rails switches YJIT on.

- `load_defaults` of 7.2 and later sets `config.yjit`, from 8.1 on outside of development and tests
  (railties, lib/rails/application/configuration.rb); Rails then calls `RubyVM::YJIT.enable` where Ruby has it,
  which is 3.3 and later (lib/rails/application/finisher.rb). Any other word about `config.yjit` leaves it open.
- `GC.compact` and `GC.verify_compaction_references` move objects (from 2.7 on), `GC.auto_compact = true` has every
  major collection do it (3.0), and so does `Process.warmup` (3.3, process.c).
"""

import re

from gemaudit.environments.observation import Evidence, Observation, Trait, Usage
from gemaudit.environments.ruby_text import Statement, statements
from gemaudit.model.document import Document

NAME = "rails-config"

#: What a file must contain to be worth reading.
_WORDS = ("GC.", "Process.warmup", "YJIT", "yjit", "load_defaults")
_COMPACTION = Trait("feature", "compaction")
_YJIT = Trait("jit", "yjit")
# The patterns are compiled when a file has something like them.
_CALLS: tuple[tuple[str, Trait, str], ...] = (
    (r"GC\.auto_compact\s*=\s*true", Trait("feature", "auto-compaction"), ">= 3.0"),
    (r"GC\.compact(?:\(\))?", _COMPACTION, ">= 2.7"),
    (r"GC\.verify_compaction_references(?:\([^()]*\))?", _COMPACTION, ">= 2.7"),
    (r"Process\.warmup(?:\(\))?", _COMPACTION, ">= 3.3"),
    (r"RubyVM::YJIT\.enable(?:\([^()]*\))?", _YJIT, ">= 3.3"),
)
_DEFAULTS = re.compile(
    r"(?:Rails\.application\.)?config\.load_defaults[\s(]+[\"']?(?P<version>[0-9]+\.[0-9]+)[\"']?\s*\)?"
)
_SETS_YJIT = r"\bconfig\.yjit\s*(?:\|\|)?=(?!=)"
_FIRST = (7, 2)
_KEY = "config.yjit"


def observe(document: Document) -> Observation:
    """What the file does when the application boots, for every deployment."""
    if not any(word in document.text for word in _WORDS):
        return Observation()
    evidence = Evidence(document, NAME)
    usages: list[Usage] = []
    for statement in statements(evidence.lines):
        usages += _calls(evidence, statement)
        found = _DEFAULTS.fullmatch(statement.text)
        if found and tuple(map(int, found["version"].split(".")[:2])) >= _FIRST:
            usages.append(
                Usage(facts=evidence.facts((_YJIT,), statement.line), ruby=">= 3.3", gem="railties", key=_KEY)
            )
    return Observation(usages=tuple(usages), withdrawn=(_KEY,) if _decides(evidence) else ())


def _calls(evidence: Evidence, statement: Statement) -> list[Usage]:
    if not statement.text.startswith(("GC.", "Process.", "RubyVM::")):
        return []
    return [
        Usage(facts=evidence.facts((trait,), statement.line), ruby=ruby)
        for pattern, trait, ruby in _CALLS
        if re.fullmatch(pattern, statement.text)
    ]


def _decides(evidence: Evidence) -> bool:
    """Whether some line that is no comment sets `config.yjit`, whatever to and on whatever condition."""
    return any(
        "yjit" in line and re.search(_SETS_YJIT, line) for line in evidence.lines if not line.lstrip().startswith("#")
    )
