"""How a user states the fact that would decide a finding."""

from gemaudit.model.finding import Answer
from gemaudit.reporting.conditions import alternatives
from gemaudit.reporting.words import listing, literal

_CONFIG = ".gemaudit.toml"
_LISTS = {"feature": "features", "sanitizer": "sanitizers", "jit": "jit"}
_OPTIONS = {"feature", "sanitizer"}


def declaration(answer: Answer) -> str:
    """A sentence without a full stop that says how to settle the condition."""
    words = alternatives(answer.expected)
    if answer.name in _LISTS:
        return _of_list(answer.name, words)
    if answer.name in {"engine", "libc"}:
        return _declare(f'{answer.name} = "{words[0]}"', f"--{answer.name} {words[0]}")
    if answer.name == "ruby":
        return _declare('ruby = "X.Y.Z"', "--ruby X.Y.Z")
    if answer.name in {"os", "cpu", "install"}:
        return _declare('platform = "x86_64-linux"', "--platform x86_64-linux") + ", or whatever it is"
    return _declare(f'{answer.name} = "X.Y.Z"')


def _declare(line: str, option: str = "") -> str:
    text = f"declare {literal(line)} in {_CONFIG}"
    return f"{text} or pass {literal(option)}" if option else text


def _of_list(name: str, words: list[str]) -> str:
    line = f'{_LISTS[name]} = ["{words[0]}"]'
    if name not in _OPTIONS:
        none = literal(f'{_LISTS[name]} = ["none"]')
        return f"{_declare(line)} ({none} rules it out)"
    denied = [literal(f"--{name} no-{word}") for word in words]
    verb = "rules" if len(denied) == 1 else "rule"
    return f"{_declare(line, f'--{name} {words[0]}')} ({listing(denied)} {verb} it out)"
