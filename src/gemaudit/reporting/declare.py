"""How a user states the fact that would decide a finding."""

from collections.abc import Iterable

from gemaudit.model.finding import Answer
from gemaudit.reporting.conditions import alternatives
from gemaudit.reporting.words import listing, literal, unique

_CONFIG = "under `[environment]` in .gemaudit.toml"
_LISTS = {"feature": "features", "sanitizer": "sanitizers", "jit": "jit"}
_OPTIONS = {"feature", "sanitizer"}
_SINGLE = {"engine", "libc"}
_MOST_OPTIONS = 3


def declaration(answer: Answer) -> str:
    """A sentence without a full stop that says how to settle the condition."""
    words = alternatives(answer.expected)
    if answer.name in _LISTS:
        return _of_list(answer.name, words)
    if answer.name in {"engine", "libc"}:
        return _declare(f'{answer.name} = "{words[0]}"', f"--{answer.name} {words[0]}")
    if answer.name == "build":
        return (
            f"look into the tracker of the distribution; {literal('[[ignore]]')} in .gemaudit.toml keeps what you find"
        )
    if answer.name == "ruby":
        return _declare('ruby = "X.Y.Z"', "--ruby X.Y.Z")
    if answer.name in {"os", "cpu", "install"}:
        return (
            f"{_declare('platforms')} or pass {literal('--platform')}, as in {literal('--platform x86_64-linux-musl')}"
        )
    return _declare(f'{answer.name} = "X.Y.Z"')


def declarations(answers: Iterable[Answer]) -> str:
    """A sentence without a full stop that says how to settle all of the conditions at once."""
    lists: dict[str, list[str]] = {}
    lines: list[str] = []
    options: list[str] = []
    for answer in answers:
        word = alternatives(answer.expected)[0]
        if answer.name in _LISTS:
            lists.setdefault(answer.name, []).append(word)
            options += [f"--{answer.name} {word}"] if answer.name in _OPTIONS else []
        elif answer.name in {"os", "cpu", "install"}:
            lines.append("platforms")
            options.append("--platform x86_64-linux-musl")
        elif answer.name != "build":
            if answer.name in {*_SINGLE, "ruby"}:
                options.append(f"--{answer.name} {word if answer.name in _SINGLE else 'X.Y.Z'}")
            lines.append(f'{answer.name} = "{word if answer.name in _SINGLE else "X.Y.Z"}"')
    named = [f"{_LISTS[name]} = [{', '.join(map(_quoted, unique(words)))}]" for name, words in lists.items()]
    declared = listing(list(map(literal, unique([*named, *lines]))))
    passed = listing(list(map(literal, unique(options))), limit=_MOST_OPTIONS, word="and")
    text = f"to settle these, declare {declared} {_CONFIG}" if declared else ""
    text += f", or pass {passed}" if text and passed else ""
    return f"{text}; {literal('no-')} before a word rules it out" if text and lists else text


def _quoted(word: str) -> str:
    return f'"{word}"'


def _declare(line: str, option: str = "") -> str:
    text = f"declare {literal(line)} {_CONFIG}"
    return f"{text} or pass {literal(option)}" if option else text


def _of_list(name: str, words: list[str]) -> str:
    line = f'{_LISTS[name]} = ["{words[0]}"]'
    if name in _OPTIONS:
        declared = _declare(line, f"--{name} {words[0]}")
        denials = [literal(f"--{name} no-{word}") for word in words]
    else:
        declared = _declare(line)
        quoted = ", ".join(f'"no-{word}"' for word in words)
        denials = [literal(f"{_LISTS[name]} = [{quoted}]")]
    return f"{declared} ({listing(denials)} {'rules' if len(denials) == 1 else 'rule'} it out)"
