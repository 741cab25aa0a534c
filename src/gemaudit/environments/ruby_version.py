"""`.ruby-version`, which rbenv, RVM, chruby, setup-ruby and Bundler's `file:` read.

The first line with a name counts; `#` begins a comment, as heroku-buildpack-ruby and mise read it.
"""

from gemaudit.environments.names import parse_ruby_name
from gemaudit.environments.observation import Evidence, Observation
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.document import Document

NAME = "ruby-version"


def observe(document: Document) -> Observation:
    """The Ruby that the file names, for the whole project."""
    evidence = Evidence(document, NAME)
    for number, line in enumerate(evidence.lines, 1):
        text = line.partition("#")[0].strip().lstrip("\ufeff")
        if not text:
            continue
        name = parse_ruby_name(text)
        if name is None:
            return Observation(diagnostics=(_unknown_name(evidence, number),))
        return Observation(facts=evidence.facts(name.traits, number))
    return Observation()


def _unknown_name(evidence: Evidence, line: int) -> Diagnostic:
    return evidence.diagnostic(
        "unknown-ruby-name",
        f"`{evidence.text(line)}` names no Ruby release",
        line,
        hint="name a release such as `3.4.5` or `jruby-10.0.3.0`, or say `--ruby VERSION`",
    )
