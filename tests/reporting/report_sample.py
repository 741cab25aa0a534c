"""A report with one of everything, hostile names included."""

from datetime import date

from gemaudit.model.advisory import Advisory, Affected, Confidence, Evidence, Kind, Range, Severity, Signature
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.environment import Environment, Fact, FactName
from gemaudit.model.finding import (
    Answer,
    AuditedPackage,
    Finding,
    PackageKind,
    Suppression,
    Truth,
    Unaudited,
    Verdict,
)
from gemaudit.model.plan import Blocker, Edit, Need, Plan, Step
from gemaudit.model.policy import Ignore, Policy, UnusedIgnore
from gemaudit.model.report import Audit, DatabaseInfo, Report

LOCK = "Gemfile.lock"
DOCKER = ("Dockerfile", 1)
CI = (".github/workflows/ci.yml", 14)
EVIL = "evil\n::error::gem|`<script>alert(1)</script>`%0A\u202egnp.\x1b[31m\x9b2J\x07\r\t"


def fact(name: FactName, value: str, place: tuple[str, int], *, exact: bool = True) -> Fact:
    return Fact(name=name, value=value, exact=exact, path=place[0], line=place[1], text="as stated", source="test")


def environment(name: str, place: tuple[str, int], *facts: tuple[FactName, str]) -> Environment:
    return Environment(id=name, facts=tuple(fact(key, value, place) for key, value in facts))


PRODUCTION = environment(
    "production",
    DOCKER,
    ("engine", "ruby"),
    ("ruby", "3.4.5"),
    ("cpu", "x86_64"),
    ("os", "linux"),
    ("libc", "musl"),
    ("rubygems", "3.6.9"),
)
TESTS = environment(
    "ci/test",
    CI,
    ("engine", "ruby"),
    ("ruby", "3.4.5"),
    ("cpu", "x86_64"),
    ("os", "linux"),
    ("libc", "gnu"),
    ("sanitizer", "address"),
)


def advisory(
    name: str,
    title: str,
    severity: Severity,
    *,
    kind: Kind = "unsound",
    class_: str = "write-barrier",
    aliases: tuple[str, ...] = (),
    signature: tuple[Signature, ...] = (),
    workaround: str = "",
) -> Advisory:
    return Advisory(
        id=name,
        title=title,
        kind=kind,
        class_=class_,
        severity=severity,
        aliases=aliases,
        published=date(int(name.split("-")[1]), 4, 22),
        modified=date(2026, 11, 21),
        description="What goes wrong.\n\nAnd when.\n",
        affected=(Affected(gem="any", ranges=(Range(introduced="0"),)),),
        evidence=(Evidence(type="fix", url="https://example.org/fix"),),
        signature=signature,
        workaround=workaround,
    )


def answer(
    name: str, expected: str, actual: str = "", truth: Truth = "unknown", place: tuple[str, int] = ("", 0)
) -> Answer:
    return Answer(name=name, expected=expected, actual=actual, answer=truth, path=place[0], line=place[1])


def package(name: str, version: str, kind: PackageKind = "gem") -> AuditedPackage:
    return AuditedPackage(kind=kind, name=name, version=version, platforms=("ruby",) if kind == "gem" else ())


def ruby_is_ruby() -> tuple[Verdict, ...]:
    return tuple(
        Verdict(environment=name, status="affected", answers=(answer("engine", "ruby", "ruby", "true", place),))
        for name, place in (("ci/test", CI), ("production", DOCKER))
    )


def everywhere() -> tuple[Verdict, ...]:
    return tuple(Verdict(environment=name, status="affected") for name in ("ci/test", "production"))


def undecided(name: str, expected: str, actual: str = "") -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            environment=environment,
            status="under_investigation",
            answers=(answer("engine", "ruby", "ruby", "true", DOCKER), answer(name, expected, actual)),
        )
        for environment in ("ci/test", "production")
    )


def low(number: int, name: str, version: str, line: int, title: str, confidence: Confidence = "high") -> Finding:
    return Finding(
        advisory=advisory(f"GMSA-2023-{number:04}", title, "low", kind="leak", class_="leak"),
        package=package(name, version),
        lockfile=LOCK,
        path=LOCK,
        line=line,
        status="affected",
        confidence=confidence,
        verdicts=everywhere(),
        paths=((name,),),
    )


def affected() -> tuple[Finding, ...]:
    return (
        Finding(
            advisory=advisory(
                "GMSA-2024-0001",
                "FFI struct layouts can lose their field map to the garbage collector",
                "high",
                aliases=("ffi/ffi#1079",),
                signature=(
                    Signature(text="undefined method 'default' for an instance of String"),
                    Signature(text="try to mark T_NONE object", frames=("struct_layout_mark",)),
                ),
            ),
            package=package("ffi", "1.16.3"),
            lockfile=LOCK,
            path=LOCK,
            line=31,
            status="affected",
            confidence="high",
            verdicts=ruby_is_ruby(),
            paths=(("karafka", "karafka-rdkafka", "ffi"), ("listen", "rb-inotify", "ffi")),
        ),
        Finding(
            advisory=advisory(
                "GMSA-2025-0007",
                "Thread stacks are too small for the regular expression compiler",
                "medium",
                kind="crash",
                class_="stack-exhaustion",
                signature=(Signature(frames=("onig_new", "compile_tree")),),
            ),
            package=package("rdkafka", "0.15.0"),
            lockfile=LOCK,
            path=LOCK,
            line=120,
            status="affected",
            confidence="medium",
            verdicts=(
                Verdict(
                    environment="ci/test",
                    status="not_affected",
                    answers=(answer("libc", "musl", "gnu", "false", CI),),
                ),
                Verdict(
                    environment="production",
                    status="affected",
                    answers=(
                        answer("ruby", ">= 3.3, < 3.5", "3.4.5", "true", DOCKER),
                        answer("libc", "musl", "musl", "true", DOCKER),
                    ),
                ),
            ),
            paths=(("rdkafka",),),
        ),
        Finding(
            advisory=advisory(
                "GMSA-2026-0012", "Use after free in Array#pack with a block", "medium", class_="use-after-free"
            ),
            package=package("ruby", "3.4.5", "ruby"),
            lockfile=LOCK,
            path="Dockerfile",
            line=1,
            status="affected",
            confidence="high",
            verdicts=everywhere(),
        ),
        Finding(
            advisory=advisory(
                "GMSA-2026-0031",
                "Generator state is shared between threads",
                "medium",
                kind="crash",
                class_="data-race",
                workaround="Use one generator for each thread.\nOr a mutex.",
            ),
            package=package("json", "2.9.1", "default-gem"),
            lockfile=LOCK,
            path="Dockerfile",
            line=1,
            status="affected",
            confidence="high",
            verdicts=everywhere(),
        ),
        low(101, "nokogiri", "1.15.0", 88, "A reader that is never closed leaks its document"),
        low(102, "google-protobuf", "3.25.1", 60, "Frozen maps leak their arena when they are compared", "medium"),
        low(103, "bcrypt", "3.1.18", 7, "A failed hash leaks its salt"),
    )


def others() -> tuple[Finding, ...]:
    def finding(identity: Advisory, name: str, version: str, line: int, verdicts: tuple[Verdict, ...]) -> Finding:
        return Finding(
            advisory=identity,
            package=package(name, version),
            lockfile=LOCK,
            path=LOCK,
            line=line,
            status="under_investigation",
            confidence="medium",
            verdicts=verdicts,
            paths=((name,),),
        )

    ractor, heap = undecided("feature", "ractor"), undecided("feature", "compaction or auto-compaction")
    return (
        finding(advisory("GMSA-2025-0003", "Ractors race", "high"), "google-protobuf", "3.25.1", 60, ractor),
        finding(advisory("GMSA-2025-0004", "Ractors race again", "low"), "google-protobuf", "3.25.1", 60, ractor),
        finding(advisory("GMSA-2025-0005", "Ractors race too", "low"), "bigdecimal", "3.1.4", 8, ractor),
        finding(advisory("GMSA-2024-0010", "Moved objects are lost", "medium"), "bigdecimal", "3.1.4", 8, heap),
        finding(advisory("GMSA-2024-0011", "Moved again", "medium"), "msgpack", "1.7.2", 81, heap[:1]),
        finding(
            advisory("GMSA-2024-0012", "Ruby branch", "low"),
            "msgpack",
            "1.7.2",
            81,
            undecided("ruby", "< 3.4.6", "~> 3.4.0"),
        ),
        Finding(
            advisory=advisory("GMSA-2021-0002", "Old branches overflow", "medium", class_="integer-overflow"),
            package=package("puma", "4.3.0"),
            lockfile=LOCK,
            path=LOCK,
            line=95,
            status="under_investigation",
            confidence="low",
            basis="presumed",
            verdicts=everywhere(),
        ),
        Finding(
            advisory=advisory("GMSA-2019-0008", "Public report is wider than the code", "high"),
            package=package("oj", "3.10.0"),
            lockfile=LOCK,
            path=LOCK,
            line=90,
            status="not_affected",
            confidence="low",
            basis="reported",
        ),
        Finding(
            advisory=advisory("GMSA-2022-0003", "Only on Windows", "critical", kind="vulnerability"),
            package=package("nokogiri", "1.15.0"),
            lockfile=LOCK,
            path=LOCK,
            line=88,
            status="not_affected",
            confidence="high",
            verdicts=(
                Verdict(
                    environment="production",
                    status="not_affected",
                    answers=(answer("os", "windows", "linux", "false", DOCKER),),
                ),
            ),
        ),
        Finding(
            advisory=advisory("GMSA-2020-0001", "Fixed by the distribution", "low"),
            package=package("nokogiri", "1.15.0"),
            lockfile=LOCK,
            path=LOCK,
            line=88,
            status="fixed",
            confidence="high",
        ),
        Finding(
            advisory=advisory("GMSA-2022-0009", "Hidden by decision", "high"),
            package=package("redcarpet", "3.5.0"),
            lockfile=LOCK,
            path=LOCK,
            line=99,
            status="affected",
            confidence="high",
            verdicts=everywhere(),
            suppression=Suppression(
                id="CVE-2022-1",
                reason="Markdown is ours\nand reviewed",
                until=date(2027, 1, 31),
                path=".gemaudit.toml",
                line=12,
            ),
        ),
    )


def plan() -> Plan:
    return Plan(
        steps=(
            Step(
                kind="gem",
                name="ffi",
                current="1.16.3",
                outcome="upgrade",
                target="1.17.4",
                commands=("bundle update --conservative ffi",),
                needs=(
                    Need(
                        name="rubygems",
                        requirement=">= 3.3.22",
                        actual="3.6.9",
                        met=True,
                        environment="production",
                        path="Dockerfile",
                        line=1,
                    ),
                    Need(
                        name="bundler",
                        requirement=">= 2.5.6",
                        environment="ci/test",
                        otherwise="Bundler takes the source gem,\nwhich needs a C compiler",
                    ),
                    Need(name="ruby", requirement=">= 3.5", actual="3.4.5", met=False, path="Dockerfile", line=1),
                ),
                allowed_by=(
                    Blocker(name="karafka-rdkafka", version="0.19.0", requirement="~> 1.15", path=LOCK, line=40),
                ),
                closes=("GMSA-2024-0001",),
            ),
            Step(
                kind="ruby",
                name="ruby",
                current="3.4.5",
                outcome="upgrade",
                target="3.4.9",
                edits=(
                    Edit(path="Dockerfile", line=1, before="FROM ruby:3.4.5-alpine", after="FROM ruby:3.4.9-alpine"),
                    Edit(path=".ruby-version", line=1, before="3.4.5", after="3.4.9"),
                    Edit(path="Gemfile", line=3, before="ruby RUBY_WANTED"),
                ),
                closes=("GMSA-2026-0012",),
                environments=("ci/test", "production"),
            ),
            Step(
                kind="gem",
                name="rdkafka",
                current="0.15.0",
                outcome="blocked",
                target="0.19.0",
                blocked_by=(
                    Blocker(name="Gemfile", requirement="~> 0.15.0", path="Gemfile", line=9),
                    Blocker(name="waterdrop", version="2.6.1", requirement="< 0.16", path=LOCK, line=140),
                ),
                closes=("GMSA-2025-0007",),
            ),
            Step(
                kind="default-gem",
                name="json",
                current="2.9.1",
                outcome="no_fix",
                remains=("GMSA-2026-0031",),
                workarounds=(("GMSA-2026-0031", "Use one generator for each thread.\nOr a mutex."),),
            ),
        )
    )


def main_audit() -> Audit:
    return Audit(
        path=LOCK,
        sha256="ab" * 32,
        status="audited",
        packages=48,
        environments=(TESTS, PRODUCTION),
        findings=(*others(), *affected()),
        unaudited=(
            Unaudited(
                kind="gem",
                name="private",
                version="0.1",
                reason="from a git repository, at no release",
                path=LOCK,
                line=4,
            ),
            Unaudited(
                kind="gem",
                name="other",
                version="0.2",
                reason="from a git repository, at no release",
                path=LOCK,
                line=5,
            ),
        ),
        plan=plan(),
        diagnostics=(
            Diagnostic(
                code="sources-disagree",
                message="`.ruby-version` says 3.4.4 and the Dockerfile 3.4.5",
                path=".ruby-version",
                level="notice",
                line=1,
            ),
        ),
    )


def hostile_audit() -> Audit:
    """An audit in which every text that an input chooses is out to do harm."""
    place = (EVIL, 3)
    return Audit(
        path="z/" + EVIL,
        sha256="cd" * 32,
        status="audited",
        packages=1,
        environments=(Environment(id=EVIL, facts=(fact("ruby", EVIL, place, exact=False),)),),
        findings=(
            Finding(
                advisory=advisory("GMSA-2024-0099", EVIL, "critical", signature=(Signature(text=EVIL),)),
                package=package(EVIL, EVIL),
                lockfile="z/" + EVIL,
                path=EVIL,
                line=3,
                status="affected",
                confidence="high",
                verdicts=(
                    Verdict(environment=EVIL, status="affected", answers=(answer(EVIL, EVIL, EVIL, "true", place),)),
                ),
                paths=((EVIL, EVIL),),
            ),
        ),
        unaudited=(Unaudited(kind="gem", name=EVIL, version=EVIL, reason=EVIL, path=EVIL, line=1),),
        plan=Plan(
            steps=(
                Step(
                    kind="gem",
                    name=EVIL,
                    current=EVIL,
                    outcome="upgrade",
                    target=EVIL,
                    commands=(EVIL,),
                    edits=(Edit(path=EVIL, line=1, before=EVIL, after=EVIL),),
                    allowed_by=(Blocker(name=EVIL, version=EVIL, requirement=EVIL, path=EVIL, line=1),),
                    closes=("GMSA-2024-0099",),
                    note=EVIL,
                ),
            )
        ),
    )


def report() -> Report:
    ignore = Ignore(id="GMSA-2018-0001", reason="not used", path=".gemaudit.toml", line=20)
    return Report(
        version="0.1.0",
        database=DatabaseInfo(revision="4f2a91c0" * 8, advisories=712, built="2026-11-21"),
        policy=Policy(),
        audits=(
            main_audit(),
            Audit(path="docs/Gemfile.lock", sha256="ef" * 32, status="audited", packages=1),
            Audit(
                path="broken/Gemfile.lock",
                sha256="01" * 32,
                status="unreadable",
                diagnostics=(
                    Diagnostic(
                        code="unreadable-spec",
                        message="this line names no gem version",
                        path="broken/Gemfile.lock",
                        line=14,
                        column=5,
                        length=15,
                        text="    nokogiri 1.18.3",
                        hint="a specification reads `name (version)`; run `bundle lock` to rewrite it",
                    ),
                ),
            ),
            Audit(path="empty/Gemfile.lock", sha256="23" * 32, status="empty"),
            hostile_audit(),
        ),
        unused_ignores=(UnusedIgnore(ignore=ignore, reason="no advisory has this id or alias"),),
    )
