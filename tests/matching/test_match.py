"""Which findings a lockfile gets, and how sure they are."""

import pytest

from builders import (
    advisory,
    affected,
    environment,
    fact,
    findings,
    linux,
    lockfile,
    matches,
    on_engine,
    on_gem,
    package,
    releases,
    shipped,
    span,
)
from gemaudit.adapters.tables import shipped_gems
from gemaudit.model.advisory import Affected, Conditions, Confidence, Range, Status
from gemaudit.model.claims import basis, spell
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Answer, AuditedPackage, Basis, Finding, Unaudited, Verdict
from gemaudit.model.lockfile import SourceKind

RUBIES = releases("3.3.0", "3.3.1", "3.4.0.preview1", "3.4.0", "3.4.1", "3.4.2", "4.0.0")
RACTOR = Conditions(feature=("ractor",))


@pytest.mark.parametrize(
    ("ranges", "reported", "version", "expected"),
    [
        (("1.0...2.0",), "", "1.0", "range"),
        (("1.0...2.0",), "", "1.0.a", None),
        (("1.0...2.0",), "", "2.0.rc1", "range"),
        (("1.0...2.0",), "", "2.0", None),
        (("1.0...2.0.rc1",), "", "2.0.rc1", None),
        (("0...2.0",), "", "0", "range"),
        (("0...2.0",), "", "0.0.1.a", "range"),
        (("unknown...2.0",), "", "0.1", "range"),
        (("1.0...",), "", "99", "range"),
        (("1.0..1.9",), "", "1.9", "range"),
        (("1.0..1.9",), "", "1.9.0.1", None),
        (("1.0..1.9",), "", "2.0.a", None),
        (("1.0...1.5", "2.0.a...2.5"), "", "1.5", None),
        (("1.0...1.5", "2.0.a...2.5"), "", "2.0.rc1", "range"),
        (("1.0...2.0",), "< 3", "0.9", "reported"),
        (("1.0...2.0",), "< 3", "2.5", "reported"),
        (("1.0...2.0",), "< 3", "3", None),
        ((span("1.0...2.0", presumed=True),), "", "1.5", "presumed"),
        ((span("1.0...2.0", presumed=True), "2.0...3.0"), "< 9", "2.5", "range"),
        ((span("1.0...2.0", presumed=True), "1.0...3.0"), "< 9", "1.5", "range"),
    ],
)
def test_which_claim_speaks_of_a_version(
    ranges: tuple[str | Range, ...], reported: str, version: str, expected: Basis | None
) -> None:
    found = basis(affected("ffi", *ranges, reported=reported), version)
    assert (found and found[0]) == expected


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        (("1.0...2.0",), ">= 1.0, < 2.0"),
        (("0...2.0", "3...4"), "< 2.0 or >= 3, < 4"),
        (("unknown..2.0",), "<= 2.0"),
        (("1.0...",), ">= 1.0"),
        (("0...",), "every version"),
    ],
)
def test_claims_in_words(ranges: tuple[str, ...], words: str) -> None:
    assert spell(affected("ffi", *ranges)) == words


def test_a_finding_whole() -> None:
    locked = lockfile(package("app 1", needs=["ffi"]), package("ffi 1.16.3", line=31), gemfile=["app"])
    place = environment("production", fact("engine", "ruby", path="Dockerfile", line=1))
    known = on_gem("ffi", "1.16.0...1.17.0", when=Conditions(engine=("ruby",)))
    assert findings(locked, place, known) == (
        Finding(
            advisory=known,
            package=AuditedPackage(kind="gem", name="ffi", version="1.16.3", platforms=("ruby",)),
            lockfile="Gemfile.lock",
            path="Gemfile.lock",
            line=31,
            status="affected",
            confidence="high",
            basis="range",
            verdicts=(
                Verdict(
                    environment="production",
                    status="affected",
                    answers=(
                        Answer(name="engine", expected="ruby", actual="ruby", answer="true", path="Dockerfile", line=1),
                    ),
                ),
            ),
            paths=(("app", "ffi"),),
        ),
    )


@pytest.mark.parametrize(
    ("item", "status", "confidence", "first"),
    [
        (affected("ffi", "0...2"), "affected", "high", None),
        (affected("ffi", "unknown...2"), "affected", "medium", None),
        (
            affected("ffi", span("0...2", presumed=True)),
            "under_investigation",
            "low",
            Answer(name="version", expected="< 2", actual="1.0", answer="unknown", path="Gemfile.lock"),
        ),
        (
            affected("ffi", "1.5...2", reported="< 2"),
            "not_affected",
            "low",
            Answer(name="version", expected=">= 1.5, < 2", actual="1.0", answer="false", path="Gemfile.lock"),
        ),
    ],
    ids=["range", "unknown introduction", "presumed", "reported"],
)
def test_status_and_confidence(item: Affected, status: Status, confidence: Confidence, first: Answer | None) -> None:
    (found,) = findings(lockfile("ffi 1.0"), linux(), advisory("GMSA-2026-0001", item))
    assert (found.status, found.confidence) == (status, confidence)
    assert (*found.verdicts[0].answers, None)[0] == first


@pytest.mark.parametrize(
    ("own", "kind", "confidence"),
    [
        ("high", "gem", "high"),
        ("high", "git", "medium"),
        ("high", "path", "medium"),
        ("medium", "git", "low"),
        ("low", "path", "low"),
        ("low", "gem", "low"),
    ],
)
def test_a_gem_of_ones_own_may_carry_the_fix(own: Confidence, kind: SourceKind, confidence: Confidence) -> None:
    known = advisory("GMSA-2026-0001", affected("ffi", "0...2"), confidence=own)
    (found,) = findings(lockfile(package("ffi 1.0", kind=kind)), linux(), known)
    assert (found.status, found.confidence) == ("affected", confidence)


def test_variants_of_one_version_are_one_finding() -> None:
    locked = lockfile(
        package("ffi 1.0", platform="x86_64-linux-musl", line=7),
        package("ffi 1.0", platform="arm64-darwin", line=6),
        package("ffi 1.0", line=5),
        package("ffi 0.9", platform="java", line=4),
    )
    found = findings(locked, linux(), on_gem())
    assert [(one.package.version, one.package.platforms, one.line) for one in found] == [
        ("0.9", ("java",), 4),
        ("1.0", ("ruby", "arm64-darwin", "x86_64-linux-musl"), 5),
    ]


def test_the_worst_environment_decides_and_each_keeps_its_verdict() -> None:
    places = [linux("c", feature="ractor"), linux("a", feature="no-ractor"), linux("b")]
    (found,) = findings(lockfile("ffi 1.0"), places, on_gem(when=RACTOR))
    assert found.status == "affected"
    assert [(verdict.environment, verdict.status) for verdict in found.verdicts] == [
        ("a", "not_affected"),
        ("b", "under_investigation"),
        ("c", "affected"),
    ]


def test_any_claim_of_an_advisory_is_enough() -> None:
    known = advisory(
        "GMSA-2026-0001",
        affected("ffi", "0...2", when=Conditions(os=("darwin",))),
        affected("ffi", span("0...2", presumed=True)),
        affected("oj", "0...2"),
    )
    (found,) = findings(lockfile("ffi 1.0"), linux(), known)
    assert (found.status, found.basis, found.confidence) == ("under_investigation", "presumed", "low")


def test_a_withdrawn_advisory_matches_nothing() -> None:
    assert (
        findings(lockfile("ffi 1.0"), linux(), advisory("X", affected("ffi", "0..."), withdrawn=on_gem().published))
        == ()
    )


def test_a_gem_advisory_is_not_about_an_engine_of_that_name() -> None:
    assert findings(lockfile("ruby 1.0"), linux(), on_engine("ruby", "4..."), on_gem("mruby", "0...")) == ()


class TestInterpreters:
    """The interpreter is a package of its own, judged where it runs."""

    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            (environment(engine="ruby", ruby="3.4.1"), [("ruby", "3.4.1", "affected")]),
            (environment(engine="ruby", ruby="4.0.0"), []),
            (environment(engine="mruby", engine_version="3.3.0"), [("mruby", "3.3.0", "affected")]),
            (environment(engine="jruby", engine_version="10.0.0.0", ruby="3.4.1"), [("jruby", "10.0.0.0", "affected")]),
            (environment(engine="jruby", ruby="3.4.1"), []),
            (environment(ruby="3.4.1"), [("ruby", "3.4.1", "under_investigation")]),
            (environment(engine="ruby", ruby="3.4.99"), [("ruby", "3.4.99", "affected")]),
        ],
        ids=["ruby", "fixed", "mruby", "jruby", "jruby without version", "engine unknown", "not in the table"],
    )
    def test_each_engine(self, place: Environment, expected: list[tuple[str, str, str]]) -> None:
        known = [on_engine("ruby", "0...4.0.0", id_="A"), on_engine("mruby", id_="B"), on_engine("jruby", id_="C")]
        found = findings(lockfile(), place, *known, rubies=RUBIES)
        assert [(one.package.name, one.package.version, one.status) for one in found] == expected

    def test_environments_with_the_same_ruby_share_a_finding(self) -> None:
        places = [
            environment("ci", fact("ruby", "3.4.1", path="ci.yml", line=4), engine="ruby"),
            environment("app", fact("ruby", "3.4.1", path="Dockerfile", line=1), engine="ruby"),
            environment("old", fact("ruby", "3.3.1", path="Dockerfile", line=9), engine="ruby"),
        ]
        found = findings(lockfile(), places, on_engine(), rubies=RUBIES)
        assert [
            (one.package.version, one.path, one.line, [verdict.environment for verdict in one.verdicts])
            for one in found
        ] == [("3.3.1", "Dockerfile", 9, ["old"]), ("3.4.1", "Dockerfile", 1, ["app", "ci"])]

    @pytest.mark.parametrize(
        ("place", "name", "version", "reason"),
        [
            (environment("x"), "ruby", "", "x: nothing states the Ruby version"),
            (environment("x", engine="jruby"), "jruby", "", "x: nothing states the Ruby version"),
            (environment("x", engine="ruby", build="head"), "ruby", "", "x: a `head` build has no version"),
            (environment("x", engine="ruby", ruby="~> 9.9.0"), "ruby", "~> 9.9.0", "x: no release is known"),
            (environment("x", engine="jruby", engine_version="~> 10.0"), "jruby", "~> 10.0", "x: no release is known"),
        ],
        ids=["nothing", "engine only", "head", "unknown series", "series of another engine"],
    )
    def test_what_cannot_be_judged_is_listed(self, place: Environment, name: str, version: str, reason: str) -> None:
        result = matches(lockfile(), place, on_engine(), on_engine("jruby", id_="B"), rubies=RUBIES)
        assert result.findings == ()
        (listed, *_) = result.unaudited
        assert (listed.kind, listed.name, listed.version) == ("ruby", name, version)
        assert listed.reason.startswith(reason)


class TestFloatingRuby:
    """A series stands for its releases: what holds for all holds, what holds for some is open."""

    PLACE = environment("app", fact("ruby", "~> 3.4.0", exact=False, path="Dockerfile", line=1), engine="ruby")

    @pytest.mark.parametrize(
        ("ranges", "status", "named"),
        [
            (("0...4.0.0",), "affected", None),
            (("0...3.4.1",), "under_investigation", "3.4.0"),
            (("3.4.0...3.4.2",), "under_investigation", "3.4.0 to 3.4.1"),
            (("3.4.0...3.4.1", "3.4.2...4.0.0"), "under_investigation", "3.4.0, 3.4.2"),
            ((span("0...4.0.0", presumed=True),), "under_investigation", None),
            ((span("0...3.4.1", presumed=True), "3.4.1...4.0.0"), "under_investigation", None),
            ((span("0...3.4.1", presumed=True),), "under_investigation", "3.4.0"),
        ],
        ids=["all", "first", "run", "two runs", "presumed", "some presumed", "presumed for some"],
    )
    def test_statuses(self, ranges: tuple[str | Range, ...], status: Status, named: str | None) -> None:
        (found,) = findings(lockfile(), self.PLACE, on_engine("ruby", *ranges), rubies=RUBIES)
        assert found.package.version == "~> 3.4.0"
        assert found.status == status
        question = [one for one in found.verdicts[0].answers if one.name == "ruby"]
        expected = Answer(
            name="ruby", expected=named or "", actual="~> 3.4.0", answer="unknown", path="Dockerfile", line=1
        )
        assert question == ([expected] if named else [])

    @pytest.mark.parametrize("text", ["3.3.0...3.4.0.rc1", "4.0.0...", "0...3.3.1"])
    def test_no_release_of_the_series(self, text: str) -> None:
        assert findings(lockfile(), self.PLACE, on_engine("ruby", text), rubies=RUBIES) == ()

    def test_releases_with_different_conditions(self) -> None:
        known = advisory(
            "GMSA-2026-0501",
            affected("ruby", "3.4.0...3.4.1", engine=True, when=Conditions(os=("linux",))),
            affected("ruby", "3.4.1...4.0.0", engine=True, when=Conditions(os=("darwin",))),
        )
        for system, named in (("linux", "3.4.0"), ("darwin", "3.4.1 to 3.4.2")):
            place = environment("app", engine="ruby", ruby="~> 3.4.0", os=system)
            (found,) = findings(lockfile(), place, known, rubies=RUBIES)
            assert found.status == "under_investigation"
            assert [one.expected for one in found.verdicts[0].answers if one.name == "ruby"] == [named]
        place = environment("app", engine="ruby", ruby="~> 3.4.0", os="windows")
        assert [one.status for one in findings(lockfile(), place, known, rubies=RUBIES)] == ["not_affected"]

    def test_a_condition_that_fails_settles_it(self) -> None:
        known = on_engine("ruby", "0...3.4.1", when=Conditions(os=("windows",)))
        (found,) = findings(lockfile(), linux(ruby="~> 3.4.0"), known, rubies=RUBIES)
        assert found.status == "not_affected"


class TestDefaultGems:
    """What the interpreter ships is audited where the lockfile does not override it."""

    GEMS = shipped({"3.3.1": {"json": "1.0"}, "3.4.1": {"json": "2.9.1", "date": "3.0"}})
    JSON = on_gem("json", "0...3.0")

    def test_it_is_judged_where_the_ruby_is_stated(self) -> None:
        place = environment("app", fact("ruby", "3.4.1", path="Dockerfile", line=1), engine="ruby")
        result = matches(lockfile("ffi 1.0"), place, self.JSON, rubies=RUBIES, gems=self.GEMS)
        (found,) = result.findings
        assert found.package == AuditedPackage(kind="default-gem", name="json", version="2.9.1")
        assert (found.path, found.line, found.status, found.paths) == ("Dockerfile", 1, "affected", ())
        assert (result.audited, result.unaudited) == (4, ())

    def test_the_lockfile_overrides_it(self) -> None:
        found = findings(lockfile("json 3.0"), linux(ruby="3.4.1"), self.JSON, rubies=RUBIES, gems=self.GEMS)
        assert found == ()

    def test_each_ruby_ships_its_own(self) -> None:
        places = [linux("a", ruby="3.4.1"), linux("b", ruby="3.3.1"), linux("c", ruby="3.4.1")]
        found = findings(lockfile(), places, self.JSON, rubies=RUBIES, gems=self.GEMS)
        assert [(one.package.version, [verdict.environment for verdict in one.verdicts]) for one in found] == [
            ("1.0", ["b"]),
            ("2.9.1", ["a", "c"]),
        ]

    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            (
                environment("x", fact("ruby", "3.4.99", path="Dockerfile", line=1), engine="ruby"),
                [("of ruby 3.4.99", "x: which gems this Ruby ships is not known yet", "Dockerfile", 1)],
            ),
            (
                environment("x", engine="ruby", ruby="~> 3.4.0"),
                [("of ruby ~> 3.4.0", "x: which gems this Ruby ships depends on the release, which floats", "", 0)],
            ),
            (environment("x", engine="jruby", engine_version="10.0.0.0", ruby="3.4.1"), []),
        ],
        ids=["unknown Ruby", "floating Ruby", "jruby"],
    )
    def test_what_is_not_known(self, place: Environment, expected: list[tuple[str, str, str, int]]) -> None:
        result = matches(lockfile(), place, self.JSON, rubies=RUBIES, gems=self.GEMS)
        assert result.findings == ()
        assert result.unaudited == tuple(
            Unaudited(kind="default-gem", name="default gems", version=version, reason=reason, path=path, line=line)
            for version, reason, path, line in expected
        )

    def test_the_real_tables(self) -> None:
        found = findings(lockfile(), linux(ruby="3.4.1"), on_gem("json", "2.9.1..2.9.1"), gems=shipped_gems())
        assert [(one.package.kind, one.package.version) for one in found] == [("default-gem", "2.9.1")]
