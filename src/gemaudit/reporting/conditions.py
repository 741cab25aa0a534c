"""Conditions of advisories as clauses of a sentence."""

from gemaudit.model.environment import IMPLIED_FEATURES, LIBCS
from gemaudit.model.finding import Answer
from gemaudit.reporting.words import listing

_FEATURES = {
    "auto-compaction": "the heap is compacted automatically",
    "compaction": "the heap is compacted",
    "fiber": "the application uses fibers",
    "fiber-scheduler": "the application uses a fiber scheduler",
    "fork": "the process forks",
    "gc-stress": "`GC.stress` is on",
    "mn-threads": "M:N threads are on",
    "objspace": "the application uses `objspace`",
    "profiling": "a profiler runs",
    "ractor": "the application runs Ractors",
    "refinements": "the application uses refinements",
    "signals": "the application handles signals",
    "threads": "the application uses threads",
    "tracepoint": "the application uses TracePoint",
    "untrusted-input": "input from outside gets there",
}
_INSTALLS = {"precompiled": "the precompiled gem is installed", "source": "the gem is compiled where it is installed"}
_SUBJECTS = {
    "engine": "the engine",
    "os": "the system",
    "cpu": "the CPU",
    "libc": "the libc",
    "file": "the file",
    "platform": "the platform",
}
_VERSIONS = {"ruby": "ruby", "rubygems": "RubyGems", "bundler": "Bundler"}
_DEMANDS = {
    "build": "the distribution has not put the fix into its package",
    "gem": "{value} is in the bundle",
    "jit": "{value} is on",
    "sanitizer": "ruby is built with the {value} sanitizer",
}
_DENIALS = {
    "feature": "`{actual}` is declared",
    "gem": "{expected} is not in the bundle",
    "jit": "{expected} is off",
    "platform": "{actual} is in PLATFORMS",
    "sanitizer": "ruby is not built with the {expected} sanitizer",
}


def clause(answer: Answer) -> str:
    """What the condition says, with what is there instead where it does not hold."""
    if answer.answer == "false":
        return _contradicted(answer)
    return _demanded(answer.name, answer.actual if answer.answer == "true" else "", answer.expected)


def demand(answer: Answer) -> str:
    """What would have to hold, whatever is known."""
    return _demanded(answer.name, answer.actual if answer.name in _VERSIONS else "", answer.expected)


def alternatives(expected: str) -> list[str]:
    """The words of which one is enough, without those that cannot hold unless another of them does."""
    words = expected.split(" or ")
    return [word for word in words if not set(IMPLIED_FEATURES.get(word, ())) & set(words)] or words


def _demanded(name: str, actual: str, expected: str) -> str:
    if name in _VERSIONS:
        return f"{_VERSIONS[name]} {actual} is within {expected}".replace("  ", " ")
    value = actual or expected
    if name in _DEMANDS:
        return _DEMANDS[name].format(value=value)
    if name in {"feature", "install"}:
        words = _FEATURES if name == "feature" else _INSTALLS
        return listing([words.get(word, f"`{word}` is in use") for word in alternatives(value)], word="or")
    return f"{_SUBJECTS.get(name, name)} is {value}"


def _contradicted(answer: Answer) -> str:
    name, actual, expected = answer.name, answer.actual, answer.expected
    if name in _VERSIONS:
        return f"{_VERSIONS[name]} {actual} is not within {expected}"
    if name == "install":
        return _INSTALLS.get(actual, actual)
    if name == "libc" and actual not in LIBCS:
        return f"the system is {actual}, without {expected}"
    return _DENIALS.get(name, "{subject} is {actual}, not {expected}").format(
        subject=_SUBJECTS.get(name, name), actual=actual, expected=expected
    )
