"""What environment variables and command lines say about how Ruby runs.

`RUBYOPT` takes the command line options of `ruby`, `RUBY_YJIT_ENABLE` and `RUBY_ZJIT_ENABLE` switch on
what they name (ruby.c, `process_options`), and so does `RUBY_MN_THREADS` (`ruby_mn_threads_params`).
Turning a compiler off there does not keep an application from enabling it while it runs,
so nothing states that there is none.
A compiler flag `-fsanitize=` and the variables that the sanitizers' runtimes read tell of a build with one.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from gemaudit.environments.observation import Trait
from gemaudit.model.environment import SANITIZERS, Fact

_TRUTHY = frozenset({"1", "true", "yes"})
_COMPILERS = {"RUBY_YJIT_ENABLE": "yjit", "RUBY_ZJIT_ENABLE": "zjit"}
_OPTIONS = {
    "--yjit": "yjit",
    "--enable=yjit": "yjit",
    "--enable-yjit": "yjit",
    "--zjit": "zjit",
    "--enable=zjit": "zjit",
    "--enable-zjit": "zjit",
    "--rjit": "rjit",
    "--mjit": "mjit",
}
# What `--jit` means depends on the version: MJIT up to 3.2, YJIT from 3.3 on (ruby.c, `OPT_JIT`). So it says nothing.
_RUNTIMES = {
    "ASAN_OPTIONS": "address",
    "UBSAN_OPTIONS": "undefined",
    "TSAN_OPTIONS": "thread",
    "MSAN_OPTIONS": "memory",
}
_FLAGS = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "cflags", "RUBY_CFLAGS", "CONFIGURE_OPTS", "RUBY_CONFIGURE_OPTS")

#: The variables that `switch_traits` knows.
VARIABLES = ("RUBYOPT", *_COMPILERS, "RUBY_MN_THREADS", *_RUNTIMES, *_FLAGS)


def switch_traits(name: str, value: str) -> tuple[Trait, ...]:
    """What setting this variable to this value states, which is nothing for most of them."""
    if name == "RUBYOPT":
        return _options(value.split())
    if name in _COMPILERS and value in _TRUTHY:
        return (Trait("jit", _COMPILERS[name]),)
    if name == "RUBY_MN_THREADS" and value.strip() == "1":
        return (Trait("feature", "mn-threads"),)
    if name in _RUNTIMES and value.strip():
        return (Trait("sanitizer", _RUNTIMES[name]),)
    return sanitizer_traits(value) if name in _FLAGS else ()


def _options(words: Iterable[str]) -> tuple[Trait, ...]:
    found = (_OPTIONS.get(word.partition("=")[0]) or _OPTIONS.get(word) for word in words)
    return tuple(dict.fromkeys(Trait("jit", word) for word in found if word))


def sanitizer_traits(text: str) -> tuple[Trait, ...]:
    """The sanitizers that the flags `-fsanitize=` in a text ask for."""
    if "-fsanitize=" not in text:
        return ()
    words = [word for flag in _sanitize().findall(text[:10_000]) for word in flag.split(",")]
    return tuple(dict.fromkeys(Trait("sanitizer", word) for word in words if word in SANITIZERS))


@cache
def _sanitize() -> re.Pattern[str]:
    return re.compile(r"-fsanitize=([a-z,-]+)")


def with_sanitizers(facts: Sequence[Fact], switches: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts with those of the switches.

    A sanitizer that is switched on where the interpreter is known to be built without one is at work in something else:
    then neither is stated.
    """
    added = tuple(switches)
    built = {fact.value for fact in facts if fact.name == "sanitizer"}
    if not built or not any(fact.name == "sanitizer" for fact in added):
        return (*facts, *added)
    rest = tuple(fact for fact in added if fact.name != "sanitizer")
    return (*(fact for fact in facts if fact.value != "none" or fact.name != "sanitizer"), *rest)


_SPLIT = r"&&|\|\||[;|\n]"
_WRAPPERS = frozenset({"exec", "env", "bundle", "bundler", "sudo", "nice", "time", "tini", "dumb-init", "sh", "bash"})
_THREADS = (Trait("feature", "threads"),)
_FORK = (Trait("feature", "fork"),)
_SERVERS: dict[str, tuple[Trait, ...]] = {
    "puma": _THREADS,
    "sidekiq": _THREADS,
    "sidekiqswarm": (*_FORK, *_THREADS),
    "good_job": _THREADS,
    "shoryuken": _THREADS,
    "karafka": _THREADS,
    "que": _THREADS,
    "unicorn": _FORK,
    "unicorn_rails": _FORK,
    "pitchfork": _FORK,
    "resque-pool": _FORK,
    "falcon": (Trait("feature", "fiber-scheduler"),),
}
# Solid Queue's supervisor forks its workers, which run threads; so does Resque's worker for every job.
_TASKS: dict[str, tuple[Trait, ...]] = {
    "solid_queue:start": (*_FORK, *_THREADS),
    "resque:work": _FORK,
    "resque:workers": _FORK,
    "bin/jobs": (*_FORK, *_THREADS),
}


def command_traits(text: str) -> tuple[Trait, ...]:
    """What a command that starts the application says, in the form of a shell or of Docker's JSON lists.

    A server that is started is in use, with the threads, processes or fibers it is made of.
    """
    found: dict[Trait, None] = {}
    for command in re.split(_SPLIT, text[:4000]):
        words = [bare for word in re.split(r"[\s,]+", command) if (bare := word.strip("\"'[](){}"))]
        found |= dict.fromkeys(_command(words))
    return tuple(found)


def _command(words: list[str]) -> tuple[Trait, ...]:
    found: list[Trait] = []
    position = 0
    while position < len(words):
        word = words[position]
        name, is_assigned, value = word.partition("=")
        if is_assigned and name in VARIABLES:
            found += switch_traits(name, value)
        elif not (is_assigned and name.isidentifier()) and _base(word) not in _WRAPPERS and word not in {"--", "-c"}:
            break
        position += 1
    return (*found, *_program(words[position:]))


def _program(words: list[str]) -> tuple[Trait, ...]:
    if not words:
        return ()
    program, arguments = _base(words[0]), words[1:]
    if program == "ruby":
        count = next((number for number, word in enumerate(arguments) if not word.startswith("-")), len(arguments))
        return (*_options(arguments[:count]), *_program(arguments[count:]))
    if program in {"rake", "rails"}:
        return tuple(trait for word in arguments for trait in _TASKS.get(word, ()))
    if words[0].removeprefix("./").endswith("bin/jobs"):
        return _TASKS["bin/jobs"]
    forks = _FORK if program == "puma" and _has_workers(arguments) else ()
    return (*_SERVERS.get(program, ()), *forks)


def _has_workers(arguments: list[str]) -> bool:
    counts = [value for option, value in pairwise(arguments) if option in {"-w", "--workers"}]
    counts += [word.removeprefix("-w") for word in arguments if word.startswith("-w")]
    return any(count.isdecimal() and count.isascii() and count.strip("0") for count in counts)


def _base(word: str) -> str:
    return word.rpartition("/")[2]
