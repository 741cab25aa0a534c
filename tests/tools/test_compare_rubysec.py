"""The comparison with ruby-advisory-db, on records of a few lines."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from builders import advisory, affected
from gemaudit.model.advisory import Range
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def _load() -> ModuleType:
    """The script as a module; it imports its neighbour."""
    spec = importlib.util.spec_from_file_location("compare_rubysec", TOOLS / "compare_rubysec.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TOOLS))
    try:
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOOLS))
    return module


SCRIPT = _load()


def ranges(*texts: str) -> tuple[Range, ...]:
    """Ranges from `1.0...2.0`, `...2.0`, `1.0...`, and `1.0..2.0` up to and with its end; `?` marks a presumed one."""
    found = []
    for text in texts:
        low, dots, high = text.strip("?").partition("..." if "..." in text else "..")
        ends = {"last_affected": high} if dots == ".." else {"fixed": high or False}
        found.append(Range(introduced=low or "0", presumed=text.endswith("?"), **ends))
    return tuple(found)


@pytest.mark.parametrize(
    ("outside", "ours", "verdict", "more", "fewer"),
    [
        ([">= 1.5"], ["...1.5"], "same", [], []),
        ([">= 1.5", "< 1.2"], ["1.2...1.5"], "same", [], []),
        # Where one side stops and the other begins to be spelled differently, nobody names a release.
        (["<= 1.13.7", ">= 1.13.10"], ["1.13.8...1.13.10"], "same", [], []),
        (["~> 3.3.12", ">= 3.4.10"], ["...3.3.12", "3.4.0.a...3.4.10"], "same", [], []),
        (["> 2.0.0"], ["..2.0.0"], "same", [], []),
        (["> 2.0.0"], ["...2.0.1"], "same", [], []),
        ([">= 1.5"], ["1.2...1.5"], "wider there", ["0"], []),
        ([">= 1.5"], ["...1.4"], "wider there", ["1.4"], []),
        ([">= 1.5"], ["...1.6"], "narrower there", [], ["1.5"]),
        ([">= 1.5"], ["..."], "narrower there", [], ["1.5"]),
        ([], ["...2.0"], "wider there", ["2.0"], []),
        (["~> 2.2.8", ">= 2.4.1"], ["..2.2.10", "2.4.0...2.4.1"], "narrower there", [], ["2.2.8", "2.2.10"]),
        ([">= 1.5"], ["1.2...1.6"], "different", ["0"], ["1.5"]),
        # Prereleases are shown, and decide nothing.
        ([">= 1.5"], ["...1.5.rc1"], "same", ["1.5.rc1"], []),
        ([">= 1.5.rc1"], ["...1.5"], "same", [], ["1.5.rc1"]),
    ],
)
def test_two_claims(outside: list[str], ours: list[str], verdict: str, more: list[str], fewer: list[str]) -> None:
    found = SCRIPT.compare([Requirement.parse(text) for text in outside], ranges(*ours))
    assert found.verdict == verdict
    assert [str(one) for one in found.more] == more
    assert [str(one) for one in found.fewer] == fewer


def test_presumed_ranges_are_counted_apart() -> None:
    found = SCRIPT.compare([Requirement.parse(">= 2.1")], ranges("...1.5?", "2.0...2.1"))
    assert found.verdict == "wider there"
    assert [str(one) for one in found.more] == ["1.5"]
    assert [str(one) for one in found.presumed] == ["0"]
    assert SCRIPT.compare([Requirement.parse(">= 1.5")], ranges("...1.5?")).verdict == "same"
    assert SCRIPT.compare([Requirement.parse(">= 1.4")], ranges("...1.5?")).verdict == "same"


def test_known_releases_decide_and_those_that_never_were_do_not() -> None:
    outside = [Requirement.parse("~> 2.4.3"), Requirement.parse(">= 2.6")]
    ours = ranges("...2.4.3")
    assert SCRIPT.compare(outside, ours).verdict == "same"
    assert SCRIPT.compare(outside, ours, known=[Version.parse("2.5.0")]).verdict == "wider there"
    unreleased = [Version.parse("3.5.0")]
    assert SCRIPT.compare([Requirement.parse(">= 3.5.0")], ranges("...4.0"), unreleased=unreleased).verdict == "same"


RECORD = """\
gem: ember
cve: 2026-0001
ghsa: aaaa-bbbb-cccc
osvdb: 12
url: https://github.com/o/ember/issues/7
unaffected_versions:
  - "< 1.0"
patched_versions:
  - "~> 1.4.2"
  - ">= 1.5.1"
related:
  cve:
    - 2025-0009
  url:
    - https://nvd.nist.gov/vuln/detail/CVE-2025-0010
"""


def test_a_record_is_read() -> None:
    record = SCRIPT.parse_record("gems/ember/CVE-2026-0001", RECORD)
    assert (record.kind, record.package) == ("gems", "ember")
    assert record.names == {"cve-2026-0001", "ghsa-aaaa-bbbb-cccc", "osvdb-12"}
    assert record.related == {"cve-2025-0009", "cve-2025-0010", "o/ember#7"}
    theirs = SCRIPT.affected_by(record.outside)
    assert [text for text in ("0.9", "1.0", "1.4.1", "1.4.2", "1.5.0", "1.5.1") if Version.parse(text) in theirs] == [
        "1.0",
        "1.4.1",
        "1.5.0",
    ]


def test_own_names_are_preferred_to_mentioned_ones() -> None:
    record = SCRIPT.parse_record("gems/ember/CVE-2026-0001", RECORD)
    own = ("a", advisory("GMSA-2026-0001", affected("ember", "0...1.5.1"), aliases=("CVE-2026-0001",)))
    mentioned = ("b", advisory("GMSA-2026-0002", affected("ember", "0...9"), aliases=("o/ember#7",)))
    other = ("c", advisory("GMSA-2026-0003", affected("basalt", "0...9"), aliases=("GHSA-aaaa-bbbb-cccc",)))
    assert SCRIPT.pair(record, [own, mentioned, other]).advisories == (own,)
    assert SCRIPT.pair(record, [mentioned, other]).through == "o/ember#7"
    assert SCRIPT.pair(record, [other]) is None
    assert SCRIPT.sort_out([record], [other], {})[1] == [(record, (other,))]
    assert SCRIPT.sort_out([record], [], {})[2] == [record]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "neighbour"
    (folder / "gems" / "ember").mkdir(parents=True)
    (folder / "rubies").mkdir()
    for name in ("CVE-2026-0001", "CVE-2026-0002"):
        (folder / "gems" / "ember" / f"{name}.yml").write_text(RECORD.replace("CVE-2026-0001", name), encoding="utf-8")
    git = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *arguments], check=True)
    return folder


def test_the_page(clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = subprocess.run(["git", "-C", str(clone), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    listed = tmp_path / "listed.toml"
    listed.write_text(
        f'repository = "o/neighbour"\ncommit = "{head.stdout.strip()}"\ndate = 2026-01-01\n'
        'doubtful = ["gems/ember/CVE-2026-0001"]\n[gems]\nember = ["CVE-2026-0001"]\n[rubies]\n',
        encoding="utf-8",
    )
    ours = TOOLS.parent / "tests" / "cli" / "transcripts" / "advisories"
    out = tmp_path / "page.md"
    SCRIPT.main([str(clone), "--advisories", str(ours), "--listed", str(listed), "--out", str(out)])
    assert capsys.readouterr().out.endswith("1 not here\n- ember: CVE-2026-0001 †\n")
    assert "## Not here\n\n- ember: CVE-2026-0001 †\n" in out.read_text(encoding="utf-8")


def test_a_record_that_is_not_there(clone: Path, tmp_path: Path) -> None:
    listed = tmp_path / "listed.toml"
    listed.write_text(
        'repository = "o/n"\ncommit = "HEAD"\ndate = 2026-01-01\ndoubtful = []\n[gems]\nash = ["CVE-1"]\n[rubies]\n',
        encoding="utf-8",
    )
    with pytest.raises(SystemExit, match=r"no gems/ash/CVE-1\.yml"):
        SCRIPT.main([str(clone), "--listed", str(listed), "--out", str(tmp_path / "page.md")])
    assert not (tmp_path / "page.md").exists()
