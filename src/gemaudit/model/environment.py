"""Where a bundle runs, and who says so."""

from typing import Literal

from msgspec import Struct

FactName = Literal[
    "engine",
    "ruby",
    "engine_version",
    "rubygems",
    "bundler",
    "os",
    "cpu",
    "libc",
    "build",
    "sanitizer",
    "jit",
    "feature",
]

#: Facts that may hold several values at once; every other fact has one value per environment.
MULTIPLE: frozenset[str] = frozenset({"sanitizer", "jit", "feature"})

#: What `engine` may be, and how ruby-build and setup-ruby prefix it.
ENGINES = ("ruby", "jruby", "truffleruby", "mruby", "picoruby", "artichoke", "rbx", "ree")

#: How an application can use Ruby; the vocabulary of `feature`.
FEATURES = (
    "auto-compaction",
    "compaction",
    "fiber",
    "fiber-scheduler",
    "fork",
    "gc-stress",
    "mn-threads",
    "objspace",
    "profiling",
    "ractor",
    "refinements",
    "signals",
    "threads",
    "tracepoint",
    "untrusted-input",
)
SANITIZERS = ("address", "thread", "undefined", "memory")
JITS = ("yjit", "zjit", "rjit", "mjit")
LIBCS = ("gnu", "musl")
OSES = ("linux", "darwin", "windows", "freebsd", "openbsd", "netbsd", "solaris", "aix", "wasi")
CPUS = ("x86_64", "x86", "arm64", "arm", "ppc64le", "s390x", "riscv64", "universal", "wasm32")

#: Features that cannot be used without using another.
IMPLIED_FEATURES: dict[str, tuple[str, ...]] = {
    "auto-compaction": ("compaction",),
    "fiber-scheduler": ("fiber",),
    "mn-threads": ("threads",),
}


class Fact(Struct, frozen=True, kw_only=True):
    """One thing that one place states about an environment.

    `value` is a plain word (`musl`), an exact version (`3.4.5`), or, where `exact` is false,
    a requirement that the version satisfies (`~> 3.4.0` for an image tag `3.4`).
    A value of a fact in `MULTIPLE` that begins with `no-` states the absence, as in `no-ractor`;
    `none` states that there is none at all.
    `path` is `<command line>` for what the user said there.
    """

    name: FactName
    value: str
    exact: bool = True
    path: str = ""
    line: int = 0
    text: str = ""
    source: str = ""


class Environment(Struct, frozen=True, kw_only=True):
    """A place where the bundle runs.

    `id` is unique within a lockfile and stable over runs (`production`, `ci/test`).
    A single-valued fact occurs at most once; what no fact states is unknown.
    """

    id: str
    facts: tuple[Fact, ...] = ()

    def fact(self, name: str) -> Fact | None:
        """The fact of that name, or None where nobody states it."""
        return next((fact for fact in self.facts if fact.name == name), None)

    def value(self, name: str) -> str | None:
        """The exact value of a single-valued fact, or None where it is unknown or not exact."""
        fact = self.fact(name)
        return fact.value if fact and fact.exact else None

    def all(self, name: str) -> tuple[Fact, ...]:
        """Every fact of that name, for the multiple ones."""
        return tuple(fact for fact in self.facts if fact.name == name)
