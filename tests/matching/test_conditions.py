"""Every key of `when` answers true, false or unknown, and quotes the fact that decided."""

import msgspec
import pytest

from builders import environment, fact, linux, lockfile, releases
from gemaudit.matching.bundle import Bundle
from gemaudit.matching.conditions import Place, status_of
from gemaudit.model.advisory import Conditions, Status
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Answer, Truth

GEMS = ("ruby",)
RUBIES = releases("3.3.0", "3.3.9", "3.4.0.preview1", "3.4.0", "3.4.1", "3.4.5")


def ask(when: Conditions, where: Environment, platforms: tuple[str, ...] = GEMS, *gems: str) -> Answer:
    (answer,) = Place(where, Bundle(lockfile(*gems)), RUBIES).answers(when, platforms)
    return answer


def env(**values: str | tuple[str, ...]) -> Environment:
    return environment("here", **values)


def conditions(name: str, value: str) -> Conditions:
    return msgspec.convert({name: value}, Conditions)


@pytest.mark.parametrize(
    ("when", "where", "truth"),
    [
        (Conditions(engine=("ruby",)), env(engine="ruby"), "true"),
        (Conditions(engine=("jruby", "ruby")), env(engine="ruby"), "true"),
        (Conditions(engine=("ruby",)), env(engine="jruby"), "false"),
        (Conditions(engine=("ruby",)), env(), "unknown"),
        (Conditions(os=("linux",)), env(os="linux"), "true"),
        (Conditions(os=("windows",)), env(os="linux"), "false"),
        (Conditions(os=("linux",)), env(), "unknown"),
        (Conditions(cpu=("arm64",)), env(cpu="arm64"), "true"),
        (Conditions(cpu=("arm64",)), env(cpu="x86_64"), "false"),
        (Conditions(cpu=("arm64",)), env(), "unknown"),
        (Conditions(libc=("musl",)), env(os="linux", libc="musl"), "true"),
        (Conditions(libc=("musl",)), env(os="linux", libc="gnu"), "false"),
        (Conditions(libc=("musl",)), env(os="linux"), "unknown"),
        (Conditions(libc=("musl",)), env(), "unknown"),
        (Conditions(libc=("gnu", "musl")), env(os="darwin"), "false"),
        (Conditions(libc=("gnu", "musl")), env(os="windows"), "false"),
    ],
)
def test_words(when: Conditions, where: Environment, truth: Truth) -> None:
    assert ask(when, where).answer == truth


@pytest.mark.parametrize("name", ["ruby", "rubygems", "bundler"])
@pytest.mark.parametrize(
    ("requirement", "version", "truth"),
    [
        (">= 3.4", "3.4.5", "true"),
        (">= 3.4", "3.3.9", "false"),
        (">= 3.4", "3.4.0.preview1", "false"),
        (">= 3.4.a", "3.4.0.preview1", "true"),
        (">= 3.0, < 3.4", "3.3.9", "true"),
        (">= 3.0, < 3.4", "3.4.0", "false"),
        ("= 3.4", "3.4.0", "true"),
        (">= 3.4", None, "unknown"),
    ],
)
def test_requirements(name: str, requirement: str, version: str | None, truth: Truth) -> None:
    answer = ask(conditions(name, requirement), env(**({name: version} if version else {})))
    assert answer == Answer(name=name, expected=requirement, actual=version or "", answer=truth)


@pytest.mark.parametrize(
    ("requirement", "series", "truth"),
    [
        (">= 3.4", "~> 3.4.0", "true"),
        (">= 3.4.1", "~> 3.4.0", "unknown"),
        ("< 3.4", "~> 3.4.0", "false"),
        (">= 3.4", ">= 3.3", "unknown"),
        (">= 2.0", "~> 9.9.0", "unknown"),
        ("< 3.4.0.rc1", "~> 3.4.0", "false"),
    ],
    ids=["all", "some", "none", "wide series", "series without releases", "finals only"],
)
def test_a_floating_ruby_stands_for_all_its_releases(requirement: str, series: str, truth: Truth) -> None:
    assert ask(Conditions(ruby=requirement), env(ruby=series)).answer == truth


@pytest.mark.parametrize("name", ["rubygems", "bundler"])
def test_another_version_that_floats_is_unknown(name: str) -> None:
    assert ask(conditions(name, ">= 1"), env(**{name: "~> 3.4"})).answer == "unknown"


@pytest.mark.parametrize(
    ("wanted", "stated", "truth"),
    [
        (("ractor",), (), "unknown"),
        (("ractor",), ("ractor",), "true"),
        (("ractor",), ("no-ractor",), "false"),
        (("ractor",), ("fork",), "unknown"),
        (("ractor", "fork"), ("no-ractor",), "unknown"),
        (("ractor", "fork"), ("no-ractor", "fork"), "true"),
        (("ractor", "fork"), ("no-ractor", "no-fork"), "false"),
        (("compaction",), ("auto-compaction",), "true"),
        (("compaction",), ("no-auto-compaction",), "unknown"),
        (("auto-compaction",), ("compaction",), "unknown"),
        (("auto-compaction",), ("no-compaction",), "false"),
        (("fiber",), ("fiber-scheduler",), "true"),
        (("threads",), ("mn-threads",), "true"),
        (("mn-threads",), ("no-threads",), "false"),
        (("mn-threads", "ractor"), ("no-threads",), "unknown"),
    ],
)
def test_features(wanted: tuple[str, ...], stated: tuple[str, ...], truth: Truth) -> None:
    assert ask(Conditions(feature=wanted), env(feature=stated)).answer == truth


def test_a_denied_feature_quotes_the_denial() -> None:
    where = environment(
        "here", fact("feature", "fork", path="a", line=1), fact("feature", "no-ractor", path="b", line=2)
    )
    assert ask(Conditions(feature=("ractor",)), where) == Answer(
        name="feature", expected="ractor", actual="no-ractor", answer="false", path="b", line=2
    )


def test_an_implied_feature_quotes_the_one_that_implies_it() -> None:
    where = environment("here", fact("feature", "auto-compaction", path="a", line=1))
    assert ask(Conditions(feature=("compaction",)), where) == Answer(
        name="feature", expected="compaction", actual="compaction", answer="true", path="a", line=1
    )


@pytest.mark.parametrize(
    ("wanted", "stated", "truth"),
    [
        (("address",), (), "unknown"),
        (("address",), ("address",), "true"),
        (("address",), ("none",), "false"),
        (("address",), ("thread",), "false"),
        (("address", "thread"), ("thread",), "true"),
        (("address", "memory"), ("thread",), "false"),
        (("address",), ("no-address",), "false"),
        (("address", "thread"), ("no-address",), "unknown"),
        (("address",), ("undefined",), "unknown"),
        (("undefined",), ("address",), "unknown"),
        (("undefined",), ("address", "undefined"), "true"),
    ],
)
def test_sanitizers(wanted: tuple[str, ...], stated: tuple[str, ...], truth: Truth) -> None:
    assert ask(Conditions(sanitizer=wanted), env(sanitizer=stated)).answer == truth


@pytest.mark.parametrize(
    ("wanted", "where", "truth"),
    [
        (("yjit",), env(engine="ruby"), "unknown"),
        (("yjit",), env(engine="ruby", jit="yjit"), "true"),
        (("yjit",), env(engine="ruby", jit="zjit"), "false"),
        (("yjit",), env(engine="ruby", jit="none"), "false"),
        (("yjit",), env(engine="ruby", jit="no-yjit"), "false"),
        (("yjit", "zjit"), env(engine="ruby", jit="no-yjit"), "unknown"),
        (("yjit",), env(engine="jruby"), "false"),
        (("yjit",), env(engine="truffleruby"), "false"),
        (("yjit",), env(), "unknown"),
    ],
)
def test_compilers(wanted: tuple[str, ...], where: Environment, truth: Truth) -> None:
    assert ask(Conditions(jit=wanted), where).answer == truth


BOTH_LIBCS = ("ruby", "x86_64-linux-gnu", "x86_64-linux-musl")
ONLY_GNU = ("ruby", "aarch64-linux-gnu", "x86_64-linux-gnu")
ANY_LIBC = ("ruby", "aarch64-linux", "x86_64-linux")


@pytest.mark.parametrize(
    ("platforms", "where", "installed"),
    [
        (("ruby",), env(), "source"),
        (("x86_64-linux",), env(), "precompiled"),
        (BOTH_LIBCS, linux(rubygems="3.6.9"), "precompiled"),
        (BOTH_LIBCS, linux(libc="musl", rubygems="3.6.9"), "precompiled"),
        (ONLY_GNU, linux(libc="musl", rubygems="3.6.9"), "source"),
        (ONLY_GNU, linux(libc="musl", rubygems="3.3.20"), None),
        (ONLY_GNU, linux(libc="musl", rubygems="3.3.20", bundler="2.3.21"), "source"),
        (ONLY_GNU, linux(libc="musl", rubygems="3.3.20", bundler="2.3.20"), "precompiled"),
        (ONLY_GNU, linux(libc="musl"), None),
        (ONLY_GNU, linux(libc="musl", bundler="2.5.6"), "source"),
        (ONLY_GNU, linux(), "precompiled"),
        (ONLY_GNU, linux(cpu=()), "precompiled"),
        (("ruby", "x86_64-linux"), linux(cpu=()), None),
        (("ruby", "x86_64-linux"), linux(cpu="arm64"), "source"),
        (ANY_LIBC, linux(libc="musl"), "precompiled"),
        (ANY_LIBC, linux(libc=()), None),
        (ANY_LIBC, env(engine="ruby", cpu="x86_64"), None),
        (("ruby", "arm64-darwin"), env(engine="ruby", os="darwin", cpu="arm64"), "precompiled"),
        (("ruby", "x64-mingw-ucrt"), env(engine="ruby", os="windows", cpu="x86_64"), "precompiled"),
        (("ruby", "x64-mingw-ucrt"), env(engine="ruby", os="windows", cpu="x86"), "source"),
        (("java", "ruby"), env(engine="jruby"), "precompiled"),
        (("java", "ruby"), linux(), "source"),
        (("java", "ruby"), linux(engine=()), None),
        (ANY_LIBC, env(engine="jruby", os="linux", libc="gnu", cpu="x86_64"), "source"),
    ],
)
def test_install(platforms: tuple[str, ...], where: Environment, installed: str | None) -> None:
    precompiled = ask(Conditions(install=("precompiled",)), where, platforms)
    from_source = ask(Conditions(install=("source",)), where, platforms)
    truths: dict[str | None, tuple[Truth, Truth]] = {
        "precompiled": ("true", "false"),
        "source": ("false", "true"),
        None: ("unknown", "unknown"),
    }
    assert (precompiled.answer, from_source.answer) == truths[installed]
    assert precompiled.actual == (installed or "")


def test_the_libc_is_quoted_where_it_decides_the_variant() -> None:
    where = environment(
        "here",
        fact("libc", "musl", path="Dockerfile", line=1),
        engine="ruby",
        os="linux",
        cpu="x86_64",
        rubygems="3.6.9",
    )
    assert ask(Conditions(install=("source",)), where, ONLY_GNU) == Answer(
        name="install", expected="source", actual="source", answer="true", path="Dockerfile", line=1
    )


@pytest.mark.parametrize(
    ("wanted", "actual", "truth"),
    [
        (("karafka",), "karafka 2.5.0", "true"),
        (("karafka >= 2, < 3",), "karafka 2.5.0", "true"),
        (("karafka < 2",), "none of them", "false"),
        (("karafka < 2", "oj"), "oj 3.16.1", "true"),
        (("rails",), "none of them", "false"),
        (("karafka < 2.5.0.a",), "none of them", "false"),
    ],
)
def test_gems_of_the_bundle(wanted: tuple[str, ...], actual: str, truth: Truth) -> None:
    answer = ask(Conditions(gem=wanted), env(), GEMS, "karafka 2.5.0", "oj 3.16.1")
    assert (answer.actual, answer.answer) == (actual, truth)


def test_every_key_of_when_asks_one_question() -> None:
    when = Conditions(
        engine=("ruby",),
        ruby=">= 1",
        rubygems=">= 1",
        bundler=">= 1",
        os=("linux",),
        cpu=("arm64",),
        libc=("gnu",),
        sanitizer=("address",),
        jit=("yjit",),
        install=("source",),
        feature=("ractor",),
        gem=("oj",),
    )
    place = Place(env(), Bundle(lockfile()), RUBIES)
    assert [answer.name for answer in place.answers(when, ("ruby", "java"))] == list(Conditions.__struct_fields__)


@pytest.mark.parametrize(
    ("truths", "status"),
    [
        ((), "affected"),
        (("true", "true"), "affected"),
        (("true", "unknown"), "under_investigation"),
        (("unknown", "false", "true"), "not_affected"),
    ],
)
def test_one_false_decides_then_one_unknown(truths: tuple[Truth, ...], status: Status) -> None:
    assert status_of(tuple(Answer(name="os", expected="", answer=truth) for truth in truths)) == status
