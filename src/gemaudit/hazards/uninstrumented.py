"""A precompiled gem in a build with a sanitizer, which cannot see into it."""

import datetime
from collections.abc import Iterator

from gemaudit.hazards.hazard import (
    LockedGem,
    Project,
    applying,
    environments_of,
    finding,
    stated,
    verdict,
    word,
)
from gemaudit.hazards.installed import file_answer
from gemaudit.hazards.musl_files import has_source
from gemaudit.model.advisory import Advisory, Evidence
from gemaudit.model.environment import SANITIZERS, Environment, Fact
from gemaudit.model.finding import Answer, Finding, Verdict
from gemaudit.model.lockfile import RUBY_PLATFORM
from gemaudit.model.plan import Step
from gemaudit.model.platform import Platform

ADVISORY = Advisory(
    id="GMSH-0006",
    title="A precompiled gem hides from the sanitizer",
    kind="notice",
    class_="abi",
    severity="low",
    published=datetime.date(2026, 11, 21),
    modified=datetime.date(2026, 11, 21),
    description="""
This environment runs a Ruby that was built with a sanitizer, to find memory errors. A sanitizer sees what was compiled
with it. The file of this gem was compiled elsewhere without it, so errors inside its library go unnoticed, and the
job is green for the wrong reason.
""",
    workaround="""
Install source gems in that job: `BUNDLE_FORCE_RUBY_PLATFORM=true bundle install`. A frozen installation needs `ruby`
in PLATFORMS for that, `bundle lock --add-platform ruby`, and every gem must have a source gem. Extensions get the flags
of the interpreter from `RbConfig`, without anything being set.
""",
    confirm="""BUNDLE_FORCE_RUBY_PLATFORM=true bundle install
bundle list --paths | grep -E -- '-(linux|darwin|mingw)'   # nothing may be left
# where there is no such Ruby yet, Linux with clang 18 or later and Ruby 3.4 or later:
../configure CC=clang-18 cflags="-fsanitize=address -fno-omit-frame-pointer -DUSE_MN_THREADS=0"
ASAN_OPTIONS=detect_leaks=0:use_sigaltstack=0:halt_on_error=0 bundle exec rake""",
    affected=(),
    evidence=(
        Evidence(
            type="article",
            url="https://github.com/google/sanitizers/wiki/AddressSanitizer",
            note="instruments at compile time",
        ),
        Evidence(
            type="article",
            url="https://github.com/ruby/ruby/blob/master/doc/contributing/building_ruby.md",
            note="building with the address sanitizer",
        ),
        Evidence(type="report", url="https://bugs.ruby-lang.org/issues/20243", note="why the M:N scheduler is off"),
    ),
)


def find(project: Project) -> Iterator[Finding]:
    """A finding for each gem that is installed precompiled where a sanitizer is stated."""
    places = [(environment, fact) for environment in project.environments if (fact := _sanitizer(environment))]
    # Gems with the same variants are judged alike.
    alike: dict[tuple[str, ...], tuple[Verdict, ...]] = {}
    for gem in project.precompiled if places else ():
        if gem.variants not in alike:
            alike[gem.variants] = tuple(_judge(gem, environment, fact, project) for environment, fact in places)
        verdicts = alike[gem.variants]
        if any(given.status != "not_affected" for given in verdicts):
            yield finding(ADVISORY, gem.package, verdicts, project, line=gem.lines[0])


def remedy(findings: tuple[Finding, ...], project: Project) -> Iterator[Step]:
    """Install source gems there, which PLATFORMS must allow."""
    hidden = applying(findings)
    if not hidden:
        return
    needs_entry = Platform.RUBY not in project.platforms
    without = sorted({found.package.name for found in hidden if not has_source(found.package.name)})
    yield Step(
        kind="bundle",
        name=project.lockfile.path,
        current="",
        outcome="configure",
        commands=(
            *([f"bundle lock --add-platform {RUBY_PLATFORM}"] if needs_entry else []),
            "BUNDLE_FORCE_RUBY_PLATFORM=true bundle install",
        ),
        closes=(ADVISORY.id,),
        environments=environments_of(hidden),
        packages=tuple(found.package for found in hidden),
        note=_obstacle(without),
    )


def _obstacle(names: list[str]) -> str:
    """Bundler refuses to prefer source gems where one gem of the Gemfile has none."""
    if not names:
        return ""
    return f"this fails while the Gemfile names {', '.join(names)} without a source gem: use one without it in that job"


def _sanitizer(environment: Environment) -> Fact | None:
    if environment.value("os") != "linux":
        return None
    return next((fact for fact in environment.all("sanitizer") if fact.value in SANITIZERS), None)


def _judge(gem: LockedGem, environment: Environment, fact: Fact, project: Project) -> Verdict:
    forced = project.compiles_all(environment)
    instrumented = stated(fact, " or ".join(SANITIZERS), holds=True)
    return verdict(
        environment,
        (word(environment, "engine", "ruby"), instrumented, forced or _precompiled(gem, environment)),
    )


def _precompiled(gem: LockedGem, environment: Environment) -> Answer:
    """Whether the file is precompiled on every libc that the environment may have."""
    libc = environment.value("libc")
    if libc == "gnu":
        return file_answer(gem, environment, "gnu", "precompiled", _is_precompiled)[0]
    musl = file_answer(gem, environment, "musl", "precompiled", _is_precompiled)[0]
    if libc == "musl":
        return musl
    gnu = file_answer(gem, environment, "gnu", "precompiled", _is_precompiled)[0]
    if gnu.answer == musl.answer:
        return gnu
    return Answer(name="libc", expected="gnu" if gnu.answer == "true" else "musl", answer="unknown")


def _is_precompiled(file: Platform) -> bool:
    return file != Platform.RUBY
