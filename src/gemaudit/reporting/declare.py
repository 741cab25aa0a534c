"""How a user states the fact that would decide a finding."""

from gemaudit.model.finding import Answer

_CONFIG = ".gemaudit.toml"
_LISTS = {"feature": "features", "sanitizer": "sanitizers", "jit": "jit"}
_OPTIONS = {"feature", "sanitizer"}


def declaration(answer: Answer) -> str:
    """A sentence without a full stop that says how to settle the condition."""
    first, *others = answer.expected.split(" or ")
    if answer.name in _LISTS:
        return _of_list(answer.name, first, [first, *others])
    if answer.name in {"engine", "libc"}:
        return f'declare `{answer.name} = "{first}"` in {_CONFIG} or pass `--{answer.name} {first}`'
    if answer.name == "ruby":
        return f'declare `ruby = "X.Y.Z"` in {_CONFIG} or pass `--ruby X.Y.Z`'
    if answer.name in {"os", "cpu", "install"}:
        return f'declare `platform = "x86_64-linux"` or what it is in {_CONFIG} or pass `--platform`'
    return f'declare `{answer.name} = "X.Y.Z"` in {_CONFIG}'


def _of_list(name: str, first: str, words: list[str]) -> str:
    declared = f'declare `{_LISTS[name]} = ["{first}"]` in {_CONFIG}'
    if name not in _OPTIONS:
        return f'{declared} (`["none"]` rules it out)'
    denied = " ".join(f"--{name} no-{word}" for word in words)
    return f"{declared} or pass `--{name} {first}` (`{denied}` rules it out)"
