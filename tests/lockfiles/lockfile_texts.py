"""Valid lockfiles at random, as Bundler writes them."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

PLATFORMS = (
    *("ruby", "x86_64-linux", "x86_64-linux-gnu", "x86_64-linux-musl", "aarch64-linux", "aarch64-linux-musl"),
    *("arm-linux-gnu", "arm-linux-musl", "x86-linux", "x86_64-darwin", "x86_64-darwin-22", "arm64-darwin", "java"),
    *("arm64-darwin-23", "universal-darwin", "x64-mingw-ucrt", "x86-mingw32", "universal-java-11", "riscv64-linux"),
)
RUBIES = (
    *("ruby 3.4.5", "ruby 3.1.2p20", "ruby 4.0.0.preview2", "ruby 2.7.0.dev", "ruby 3.1.4p0 (jruby 9.4.5.0)"),
    *("ruby 2.5.3p0 (truffleruby 1.0.0-rc6)", "ruby 1.9.3p551", "ruby 2.3.1 (rbx 3.84)", "ruby 3.5.0.dev"),
)
BUNDLERS = ("1.17.3", "2.5.22", "2.6.0.rc1", "4.0.0.beta2", "4.1.0.dev", "2.3.15")
_REQUIREMENTS = ("", ">= 1", "= 2.0.1", "~> 1.2, >= 1.2.3", "< 4, > 1", "!= 3", "~> 2.0.0.rc1", "< 2.a", ">= 0.0.1")


@dataclass
class Text:
    """A lockfile in sections, and the entries that it states as they are written."""

    sources: list[list[str]] = field(default_factory=list)
    tables: list[list[str]] = field(default_factory=list)
    specs: list[tuple[str, str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join("\n".join(section) + "\n" for section in (*self.sources, *self.tables))

    def shuffled(self, chance: random.Random) -> str:
        sections = [*self.sources, *self.tables]
        chance.shuffle(sections)
        return "\n".join("\n".join(section) + "\n" for section in sections)


def text(chance: random.Random) -> Text:
    """A lockfile with one section or more of each kind that every Bundler knows."""
    made = Text()
    names = sorted({_name(chance) for _ in range(chance.randint(1, 14))})
    cuts = sorted({0, len(names), *(chance.randint(0, len(names)) for _ in range(chance.randint(0, 3)))})
    for start, end in pairwise(cuts):
        made.sources.append([*_source(chance), "  specs:", *_specs(chance, names[start:end], names, made)])
    platforms = chance.sample(PLATFORMS, chance.randint(1, 5))
    made.tables.append(["PLATFORMS", *(f"  {name}" for name in sorted(platforms))])
    made.tables.append(["DEPENDENCIES", *(_dependency(chance, name, "  ") for name in _some(chance, names))])
    if chance.random() < 0.5:
        made.tables.append(["CHECKSUMS", *(_checksum(chance, spec) for spec in made.specs)])
    if chance.random() < 0.6:
        made.tables.append(["RUBY VERSION", f"   {chance.choice(RUBIES)}"])
    if chance.random() < 0.8:
        made.tables.append(["BUNDLED WITH", chance.choice(("  ", "   ")) + chance.choice(BUNDLERS)])
    return made


def _name(chance: random.Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = ("".join(chance.choices(letters, k=chance.randint(1, 6))) for _ in range(chance.randint(1, 3)))
    return chance.choice("-_.").join(words).capitalize() if chance.random() < 0.1 else chance.choice("-_").join(words)


def _version(chance: random.Random) -> str:
    numbers = ".".join(str(chance.choice((0, 1, 2, 10, 2024))) for _ in range(chance.randint(1, 4)))
    return numbers + chance.choice(("", "", "", ".rc1", ".pre", ".beta.2", ".a"))


def _source(chance: random.Random) -> list[str]:
    match chance.choice(("gem", "gem", "gem", "git", "path")):
        case "git":
            options = [f"  revision: {chance.getrandbits(160):040x}"]
            options += chance.choice(([], ["  ref: v1"], ["  branch: a/b-c"], ["  tag: v1.0"]))
            options += chance.choice(([], ["  submodules: true"]))
            options += chance.choice(([], ["  glob: lib/*.gemspec"]))
            remote = chance.choice(("https://example.org/a/b.git", "git@example.org:a/b.git", "../checkout"))
            return ["GIT", f"  remote: {remote}", *options]
        case "path":
            return ["PATH", f"  remote: {chance.choice(('.', 'engines/one', '../two'))}"]
        case _:
            remotes = chance.sample(
                ("https://rubygems.org/", "https://gems.example.org/private/"), chance.randint(1, 2)
            )
            return ["GEM", *(f"  remote: {remote}" for remote in remotes)]


def _specs(chance: random.Random, names: list[str], known: list[str], made: Text) -> list[str]:
    lines: list[str] = []
    for name in names:
        version = _version(chance)
        for platform in sorted(_variants(chance)):
            made.specs.append((name, version, platform))
            lines.append(f"    {name} ({version}{'' if platform == 'ruby' else '-' + platform})")
            lines += [_dependency(chance, other, "      ") for other in _some(chance, known)]
    return lines


def _variants(chance: random.Random) -> set[str]:
    """Platforms of one gem; old RubyGems takes two that differ in `-gnu` for the same."""
    found = chance.choice((["ruby"], ["ruby"], chance.sample(PLATFORMS, chance.randint(1, 6))))
    return set({name.removesuffix("-gnu"): name for name in found}.values())


def _some(chance: random.Random, names: list[str]) -> list[str]:
    return sorted(chance.sample(names, chance.randint(0, min(4, len(names)))))


def _dependency(chance: random.Random, name: str, indentation: str) -> str:
    requirement = chance.choice(_REQUIREMENTS)
    pinned = "!" if indentation == "  " and chance.random() < 0.2 else ""
    return f"{indentation}{name}{f' ({requirement})' if requirement else ''}{pinned}"


def _checksum(chance: random.Random, spec: tuple[str, str, str]) -> str:
    name, version, platform = spec
    digests = chance.choice(("", f" sha256={chance.getrandbits(256):064x}"))
    if digests and chance.random() < 0.2:
        digests += f",sha512={chance.getrandbits(512):0128x}"
    return f"  {name} ({version}{'' if platform == 'ruby' else '-' + platform}){digests}"
