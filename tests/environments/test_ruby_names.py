import pytest

from gemaudit.environments.names import parse_banner, parse_ruby_name


def spelled(text: str) -> str | None:
    name = parse_ruby_name(text)
    if name is None:
        return None
    return " ".join(f"{trait.name}{'=' if trait.exact else ' '}{trait.value}" for trait in name.traits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.4.5", "engine=ruby ruby=3.4.5"),
        ("  ruby-3.4.2 ", "engine=ruby ruby=3.4.2"),
        ("3.4.2@shop", "engine=ruby ruby=3.4.2"),
        ("ruby-3.4.2@shop", "engine=ruby ruby=3.4.2"),
        ("1.9.3-p551", "engine=ruby ruby=1.9.3"),
        ("2.1.5p273", "engine=ruby ruby=2.1.5"),
        ("3.5.0-preview1", "engine=ruby ruby=3.5.0.preview1"),
        ("3.5.0.preview1", "engine=ruby ruby=3.5.0.preview1"),
        ("3.4.0-rc1", "engine=ruby ruby=3.4.0.rc1"),
        ("3.4", "engine=ruby ruby ~> 3.4.0"),
        ("ruby-4.0", "engine=ruby ruby ~> 4.0.0"),
        ("3", "engine=ruby ruby ~> 3.0"),
        ("latest", "engine=ruby ruby >= 0"),
        ("ruby", "engine=ruby ruby >= 0"),
        ("head", "engine=ruby build=head"),
        ("ruby-head", "engine=ruby build=head"),
        ("ruby-dev", "engine=ruby build=head"),
        ("4.1-dev", "engine=ruby build=head"),
        ("4.1.0.dev", "engine=ruby build=head"),
        ("ucrt", "engine=ruby build=head"),
        ("debug", "engine=ruby build=debug"),
        ("asan", "engine=ruby build=asan sanitizer=address"),
        ("asan-release", "engine=ruby ruby >= 0 build=asan sanitizer=address"),
        ("jruby", "engine=jruby engine_version >= 0"),
        ("jruby-10.0.3.0", "engine=jruby engine_version=10.0.3.0"),
        ("jruby-9.4", "engine=jruby engine_version ~> 9.4.0"),
        ("jruby-head", "engine=jruby build=head"),
        ("truffleruby-24.2.1", "engine=truffleruby engine_version=24.2.1"),
        ("truffleruby-1.0.0-rc6", "engine=truffleruby engine_version=1.0.0.rc6"),
        ("truffleruby+graalvm-34.0.1", "engine=truffleruby engine_version=34.0.1"),
        ("truffleruby+graalvm-dev", "engine=truffleruby build=head"),
        ("mruby-3.0.0", "engine=mruby engine_version=3.0.0"),
        ("mruby-dev", "engine=mruby build=head"),
        ("picoruby-3.4.2", "engine=picoruby engine_version=3.4.2"),
        ("rbx-5.0", "engine=rbx engine_version=5.0"),
        ("ree-1.8.7-2012.02", "engine=ree engine_version=1.8.7.2012.02"),
        ("artichoke-dev", "engine=artichoke build=head"),
        ("system", None),
        ("ref:v3_4_5", None),
        ("path:/opt/ruby", None),
        ("3.4-asan", None),
        ("rubyist", None),
        ("~> 3.4", None),
        ("", None),
        ("1" * 200, None),
    ],
)
def test_a_name_stands_for_an_engine_and_a_version(text: str, expected: str | None) -> None:
    assert spelled(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "ruby 3.4.5 (2025-07-16 revision 20cda200d3) +YJIT +PRISM [x86_64-linux-musl]",
            ("ruby", "3.4.5", "", ("yjit",), "x86_64-linux-musl"),
        ),
        (
            "ruby 2.7.7p221 (2022-11-24 revision 168ec2b1e5) [x86_64-linux]",
            ("ruby", "2.7.7", "", (), "x86_64-linux"),
        ),
        (
            "ruby 3.5.0preview1 (2025-04-18 master d06ec25be4) [arm64-darwin24]",
            ("ruby", "3.5.0.preview1", "", (), "arm64-darwin24"),
        ),
        (
            "ruby 4.1.0dev (2026-03-01 master 0123456789) +ZJIT dev [aarch64-linux]",
            ("ruby", "", "", ("zjit",), "aarch64-linux"),
        ),
        (
            "jruby 9.4.7.0 (3.1.4) 2024-04-29 597ff08ac1 OpenJDK +jit [x86_64-linux]",
            ("jruby", "9.4.7.0", "3.1.4", (), "x86_64-linux"),
        ),
        (
            "truffleruby 24.2.1 (2025-04-15), like ruby 3.3.7, Oracle Native [arm64-darwin20]",
            ("truffleruby", "24.2.1", "3.3.7", (), "arm64-darwin20"),
        ),
        ("ruby 3.4.5", ("ruby", "3.4.5", "", (), "")),
    ],
)
def test_a_banner_says_all_at_once(text: str, said: tuple[object, ...]) -> None:
    banner = parse_banner(text)
    assert banner is not None
    assert (banner.name.engine, banner.name.version, banner.name.level, banner.jit, banner.platform) == said


@pytest.mark.parametrize("text", ["3.4.5", "ruby-3.4.5", "python 3.12", "ruby x", ""])
def test_other_texts_are_no_banner(text: str) -> None:
    assert parse_banner(text) is None
