import re
from typing import Any

import pytest

from gemaudit.environments import COMMAND_LINE, stated_facts


def spelled(**words: Any) -> str:
    return " ".join(f"{fact.name}{'=' if fact.exact else ' '}{fact.value}" for fact in stated_facts(**words).common)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({}, ""),
        ({"ruby": "4.0.5"}, "engine=ruby ruby=4.0.5"),
        ({"ruby": "ruby-3.4.2"}, "engine=ruby ruby=3.4.2"),
        ({"ruby": "3.4"}, "engine=ruby ruby ~> 3.4.0"),
        ({"ruby": "jruby-10.0.3.0"}, "engine=jruby engine_version=10.0.3.0"),
        ({"ruby": "mruby-3.0.0"}, "engine=mruby engine_version=3.0.0"),
        ({"ruby": "asan"}, "engine=ruby build=asan sanitizer=address"),
        ({"engine": "jruby"}, "engine=jruby"),
        ({"engine": "ruby", "ruby": "3.4.2"}, "engine=ruby ruby=3.4.2"),
        ({"engine": "jruby", "ruby": "jruby-9.4.7.0"}, "engine=jruby engine_version=9.4.7.0"),
        ({"engine": "jruby", "ruby": "3.1.4"}, "engine=jruby ruby=3.1.4"),
        (
            {"ruby": "ruby 3.4.5 (2025-07-16 revision 20cda200d3) +YJIT +PRISM [x86_64-linux-musl]"},
            "engine=ruby ruby=3.4.5 jit=yjit os=linux cpu=x86_64 libc=musl",
        ),
        (
            {"ruby": "ruby 3.4.5 (x) +YJIT [x86_64-linux]", "platforms": ["arm64-darwin"], "jit": ["no-yjit"]},
            "engine=ruby ruby=3.4.5 jit=no-yjit os=darwin cpu=arm64",
        ),
        ({"platforms": ["x86_64-linux"]}, "os=linux cpu=x86_64 libc=gnu"),
        ({"platforms": ["x86_64-linux-gnu"]}, "os=linux cpu=x86_64 libc=gnu"),
        ({"platforms": ["aarch64-linux-musl"]}, "os=linux cpu=arm64 libc=musl"),
        ({"platforms": ["arm-linux-gnueabihf"]}, "os=linux cpu=arm libc=gnu"),
        ({"platforms": ["armv7-linux-eabihf"]}, "os=linux cpu=arm libc=gnu"),
        ({"platforms": ["aarch64-linux-android"]}, "os=linux cpu=arm64"),
        ({"platforms": ["x86_64-linux"], "libc": "musl"}, "os=linux cpu=x86_64 libc=musl"),
        ({"platforms": ["arm64-darwin-24"]}, "os=darwin cpu=arm64"),
        ({"platforms": ["x64-mingw-ucrt"]}, "os=windows cpu=x86_64"),
        ({"platforms": ["x86_64-freebsd-14"]}, "os=freebsd cpu=x86_64"),
        ({"libc": "musl"}, "os=linux libc=musl"),
        ({"sanitizers": ["address", "ubsan"]}, "sanitizer=address sanitizer=undefined"),
        ({"sanitizers": ["none"]}, "sanitizer=none"),
        ({"features": ["ractor", "no-compaction", "ractor"]}, "feature=ractor feature=no-compaction"),
        ({"jit": ["yjit"]}, "jit=yjit"),
        ({"rubygems": "3.6.9", "bundler": "2.6.9"}, "rubygems=3.6.9 bundler=2.6.9"),
    ],
)
def test_words_become_facts(words: dict[str, Any], expected: str) -> None:
    assert spelled(**words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"features": ["raktor"]}, "`raktor` is no feature that advisories know; did you mean `ractor`?"),
        ({"features": ["no-raktor"]}, "`no-raktor` is no feature that advisories know; did you mean `no-ractor`?"),
        ({"features": ["none"]}, "`none` is no feature"),
        ({"sanitizers": ["adress"]}, "`adress` is no sanitizer that advisories know; did you mean `address`?"),
        ({"jit": ["v8"]}, "`v8` is no jit that advisories know; known are `yjit`, `zjit`"),
        ({"libc": "glibc"}, "`glibc` is no libc that advisories know"),
        ({"engine": "jrubby"}, "`jrubby` is no engine that advisories know; did you mean `jruby`?"),
        ({"ruby": "newest"}, "`newest` names no Ruby; say `3.4.5`"),
        ({"ruby": ""}, "`` names no Ruby"),
        ({"ruby": "ruby-3.4.5", "engine": "jruby"}, "`ruby-3.4.5` is not `jruby`; leave one of the two out"),
        ({"ruby": "jruby-9.4.7.0", "engine": "ruby"}, "`jruby-9.4.7.0` is not `ruby`"),
        ({"platforms": ["java"]}, "`java` is no platform of a host"),
        ({"platforms": ["ruby"]}, "`ruby` is no platform of a host"),
        ({"platforms": ["x87-linux"]}, "`x87-linux` is no platform that advisories know; did you mean `x86-linux`?"),
        ({"platforms": ["arm64-darwin"], "libc": "musl"}, "`arm64-darwin` has no `musl` libc"),
        ({"platforms": ["x86_64-linux-musl"], "libc": "gnu"}, "`x86_64-linux-musl` has no `gnu` libc"),
        ({"features": ["ractor", "no-ractor"]}, "`ractor` contradicts `no-ractor`"),
        ({"sanitizers": ["address", "none"]}, "`none` contradicts `address`"),
        ({"rubygems": "newest"}, "`newest` is no version of rubygems"),
        ({"bundler": ""}, "`` is no version of bundler"),
    ],
)
def test_what_is_unknown_or_contradicts_itself_is_refused(words: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"\A{re.escape(message)}"):
        stated_facts(**words)


def test_the_facts_quote_the_option_or_the_key() -> None:
    (engine, ruby) = stated_facts(ruby="3.4.5").common
    assert (ruby.path, ruby.line, ruby.text, ruby.source) == (COMMAND_LINE, 0, "--ruby 3.4.5", "command-line")
    assert engine.text == ruby.text
    (feature,) = stated_facts(features=["ractor"], path=".gemaudit.toml", line=3).common
    assert (feature.path, feature.line, feature.text, feature.source) == (
        ".gemaudit.toml", 3, "feature: ractor", "config",
    )  # fmt: skip


def test_several_platforms_are_several_groups() -> None:
    found = stated_facts(platforms=["x86_64-linux-musl", "arm64-darwin", "arm64-darwin"], ruby="3.4.5")
    assert [name for name, _ in found.variants] == ["x86_64-linux-musl", "arm64-darwin"]
    assert {fact.name for fact in found.common} == {"engine", "ruby"}
