"""What the user says about an environment, on the command line or in `.gemaudit.toml`."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from gemaudit.environments.observation import Trait, excerpt
from gemaudit.model.environment import CPUS, ENGINES, FEATURES, JITS, LIBCS, OSES, SANITIZERS, Fact, FactName

if TYPE_CHECKING:
    from gemaudit.environments.names import Banner
    from gemaudit.model.platform import Platform

COMMAND_LINE = "<command line>"

_CPU_NAMES = {"aarch64": "arm64", "amd64": "x86_64", "x64": "x86_64", "i386": "x86", "powerpc64le": "ppc64le"}
_SANITIZER_NAMES = {"asan": "address", "tsan": "thread", "ubsan": "undefined", "msan": "memory"}


class Facts(Struct, frozen=True, kw_only=True):
    """What one speaker states: `common` facts, and one group of facts for each of several platforms.

    `variants` is empty for less than two platforms, whose facts are then among the common ones.
    """

    common: tuple[Fact, ...] = ()
    variants: tuple[tuple[str, tuple[Fact, ...]], ...] = ()


class Stated(Struct, frozen=True, kw_only=True):
    """Everything the user says.

    `config` is `[environment]` and applies to every environment; `named` are the `[[environments]]`, by name,
    which stand in for the discovered ones.
    """

    command_line: Facts = Facts()
    config: Facts = Facts()
    named: tuple[tuple[str, Facts], ...] = ()


def stated_facts(  # noqa: PLR0913 - one argument for each thing a user can say
    *,
    ruby: str | None = None,
    engine: str | None = None,
    platforms: Sequence[str] = (),
    libc: str | None = None,
    sanitizers: Sequence[str] = (),
    features: Sequence[str] = (),
    jit: Sequence[str] = (),
    rubygems: str | None = None,
    bundler: str | None = None,
    path: str = COMMAND_LINE,
    line: int = 0,
) -> Facts:
    """The facts that these words state, at `path` and `line`.

    `ruby` is a name such as `3.4.5` or `jruby-10.0.3.0`, or all that `ruby -v` prints.
    A word with `no-` before it states an absence. Two or more platforms give a group of facts each.
    Raise ValueError, in words for the user, for what is unknown or contradicts itself.
    """
    speaker = _Speaker(path, line)
    banner = _banner(ruby) if ruby else None
    common = [
        *_interpreter(speaker, ruby, engine, banner),
        *_version(speaker, "rubygems", rubygems),
        *_version(speaker, "bundler", bundler),
        *_words(speaker, "sanitizer", [_SANITIZER_NAMES.get(word, word) for word in sanitizers], SANITIZERS),
        *_words(speaker, "jit", jit, JITS),
        *_words(speaker, "feature", features, FEATURES),
    ]
    if libc is not None and libc not in LIBCS:
        _refuse("libc", libc, LIBCS)
    if banner and ruby:
        # What `ruby -v` prints yields to what the user says beside it.
        common += speaker.facts("ruby", [Trait("jit", word) for word in banner.jit if not jit], ruby)
        if banner.platform and not platforms:
            common += speaker.facts("ruby", _platform_traits(banner.platform, libc), ruby)
            libc = None
    groups = [
        (name, speaker.facts("platform", _platform_traits(name, libc), name)) for name in dict.fromkeys(platforms)
    ]
    if not groups and libc:
        groups = [("", speaker.facts("libc", (Trait("os", "linux"), Trait("libc", libc)), libc))]
    if len(groups) > 1:
        return Facts(common=tuple(common), variants=tuple(groups))
    return Facts(common=(*common, *(fact for _, facts in groups for fact in facts)))


def _banner(ruby: str) -> "Banner | None":
    from gemaudit.environments.names import parse_banner  # noqa: PLC0415 - mostly the user says nothing

    return parse_banner(ruby)


class _Speaker:
    """Makes facts that quote the option or the key they come from."""

    def __init__(self, path: str, line: int) -> None:
        self.path = path
        self.line = line

    def facts(self, option: str, traits: Sequence[Trait], word: str) -> tuple[Fact, ...]:
        is_option = self.path == COMMAND_LINE
        return tuple(
            Fact(
                name=trait.name,
                value=trait.value,
                exact=trait.exact,
                path=self.path,
                line=self.line,
                text=excerpt(f"--{option} {word}" if is_option else f"{option}: {word}"),
                source="command-line" if is_option else "config",
            )
            for trait in traits
        )


def _interpreter(speaker: _Speaker, ruby: str | None, engine: str | None, banner: "Banner | None") -> tuple[Fact, ...]:
    if engine is not None and engine not in ENGINES:
        _refuse("engine", engine, ENGINES)
    from gemaudit.environments.names import parse_ruby_name  # noqa: PLC0415 - mostly the user says nothing

    if ruby is None:
        return speaker.facts("engine", (Trait("engine", engine),), engine) if engine else ()
    name = banner.name if banner else parse_ruby_name(ruby)
    if name is None:
        message = f"`{excerpt(ruby)}` names no Ruby; say `3.4.5`, `jruby-10.0.3.0`, or all that `ruby -v` prints"
        raise ValueError(message)
    if engine is None or engine == name.engine:
        return speaker.facts("ruby", name.traits, ruby)
    if name.engine != "ruby" or ruby.strip().startswith("ruby"):
        message = f"`{excerpt(ruby)}` is not `{engine}`; leave one of the two out"
        raise ValueError(message)
    # `--engine jruby --ruby 3.4.2`: the plain number is the language version.
    level = tuple(trait for trait in name.traits if trait.name in {"ruby", "build"})
    return (*speaker.facts("engine", (Trait("engine", engine),), engine), *speaker.facts("ruby", level, ruby))


def _version(speaker: _Speaker, name: FactName, text: str | None) -> tuple[Fact, ...]:
    if text is None:
        return ()
    from gemaudit.model.version import Version  # noqa: PLC0415 - mostly the user says nothing

    try:
        version = Version.parse(text)
    except ValueError:
        version = None
    if version is None or not text.strip():
        message = f"`{excerpt(text)}` is no version of {name}; say one such as `3.6.9`"
        raise ValueError(message)
    return speaker.facts(name, (Trait(name, str(version)),), text)


def _words(speaker: _Speaker, name: FactName, words: Sequence[str], known: Collection[str]) -> tuple[Fact, ...]:
    facts: dict[str, tuple[Fact, ...]] = {}
    for word in words:
        if word.removeprefix("no-") not in known and not (word == "none" and name != "feature"):
            _refuse(name, word, known)
        facts.setdefault(word, speaker.facts(name, (Trait(name, word),), word))
    for word in facts:
        rivals = {_opposite(word)} if word != "none" else {item for item in facts if not item.startswith("no")}
        if other := next((item for item in facts if item in rivals), None):
            message = f"`{word}` contradicts `{other}`; leave one of the two out"
            raise ValueError(message)
    return tuple(fact for group in facts.values() for fact in group)


def _opposite(word: str) -> str:
    return word.removeprefix("no-") if word.startswith("no-") else f"no-{word}"


def _platform_traits(name: str, libc: str | None) -> tuple[Trait, ...]:
    """What a platform says; a linux platform that names nothing after `linux` has glibc, as `RUBY_PLATFORM` does."""
    from gemaudit.model.platform import Platform  # noqa: PLC0415 - mostly the user says nothing

    platform = Platform.parse(name)
    system = "windows" if platform.os.startswith(("mingw", "mswin", "cygwin")) else platform.os.removesuffix("elf")
    if system not in OSES:
        message = f"`{excerpt(name)}` is no platform of a host; say one such as `x86_64-linux-musl` or `arm64-darwin`"
        raise ValueError(message)
    if libc and (system != "linux" or (platform.libc or libc) != libc):
        message = f"`{excerpt(name)}` has no `{libc}` libc; leave one of the two out"
        raise ValueError(message)
    traits = [Trait("os", system)]
    cpu = _CPU_NAMES.get(platform.cpu or "", platform.cpu or "")
    cpu = "arm" if cpu.startswith("armv") else cpu
    if cpu and cpu not in CPUS:
        _refuse("platform", name, [f"{word}-{platform.os}" for word in CPUS])
    if cpu:
        traits.append(Trait("cpu", cpu))
    if system == "linux" and (known := libc or platform.libc or _default_libc(platform)):
        traits.append(Trait("libc", known))
    return tuple(traits)


def _default_libc(platform: "Platform") -> str | None:
    """The libc of a linux platform that names none; `android` and `uclibc` are neither of those we know."""
    return "gnu" if platform.version is None or platform.version.startswith("eabi") else None


def _refuse(kind: str, word: str, known: Collection[str]) -> NoReturn:
    """Raise ValueError that names the closest known word, or all of them where none is close."""
    import difflib  # noqa: PLC0415 - only a mistake pays for the import

    bare = word.removeprefix("no-")
    close = difflib.get_close_matches(bare[:100], list(known), n=1, cutoff=0.5)
    prefix = "no-" if word.startswith("no-") else ""
    hint = f"did you mean `{prefix}{close[0]}`?" if close else "known are " + ", ".join(f"`{item}`" for item in known)
    message = f"`{excerpt(word)}` is no {kind} that advisories know; {hint}"
    raise ValueError(message)
