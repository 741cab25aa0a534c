"""Evidence checked against a repository that the test makes."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from gemaudit.adapters.upstream import Upstream, UpstreamError, version_of
from gemaudit.advisories.verify import verify
from gemaudit.model.advisory import Advisory, Affected, Evidence, EvidenceType, Range


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, *tags: str) -> str:
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        for tag in tags:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "upstream")


def advisory(ranges: tuple[Range, ...], *commits: tuple[EvidenceType, str]) -> Advisory:
    day = dt.date(2026, 1, 1)
    return Advisory(
        id="GMSA-2026-0001",
        title="A defect",
        kind="crash",
        class_="abi",
        severity="low",
        published=day,
        modified=day,
        description="It crashes",
        affected=(Affected(gem="ember", ranges=ranges),),
        evidence=tuple(Evidence(type=kind, url=f"https://github.com/o/ember/commit/{sha}") for kind, sha in commits),
    )


def outcomes(repository: Repository, ranges: tuple[Range, ...], *commits: tuple[EvidenceType, str]) -> list[str]:
    proofs = verify(advisory(ranges, *commits), "o/ember", Upstream(repository.folder, "ember"))
    return [proof.outcome for proof in proofs]


def test_both_bounds_are_proved(repository: Repository) -> None:
    repository.commit("v1.0.0")
    introduced = repository.commit("v1.1.0")
    fix = repository.commit("v1.2.0.rc1")
    repository.commit("v1.2.0")
    ranges = (Range(introduced="1.1.0", fixed="1.2.0.rc1", stable="1.2.0"),)
    assert outcomes(repository, ranges, ("fix", fix), ("introduced", introduced)) == ["proved", "proved"]


def test_a_release_with_the_fix_is_not_affected(repository: Repository) -> None:
    fix = repository.commit("v1.1.0")
    repository.commit("v1.2.0")
    assert outcomes(repository, (Range(introduced="0", fixed="1.2.0"),), ("fix", fix)) == ["contradicted"]


def test_a_release_before_the_introduction_is_not_affected(repository: Repository) -> None:
    repository.commit("v1.0.0")
    introduced = repository.commit("v1.1.0")
    ranges = (Range(introduced="1.0.0", fixed="2.0.0"),)
    assert outcomes(repository, ranges, ("introduced", introduced)) == ["contradicted"]


def test_a_fix_in_two_parts_is_proved_by_the_second(repository: Repository) -> None:
    repository.commit("v1.0.0")
    first = repository.commit("v1.1.0")
    second = repository.commit("v1.2.0")
    ranges = (Range(introduced="0", fixed="1.2.0"),)
    assert outcomes(repository, ranges, ("fix", first), ("fix", second)) == ["open", "proved"]


def test_unknown_commits_are_contradicted_and_unreleased_ones_open(repository: Repository) -> None:
    repository.commit("v1.0.0")
    fix = repository.commit()
    ranges = (Range(introduced="0", fixed=False),)
    assert outcomes(repository, ranges, ("fix", fix), ("fix", "0" * 40)) == ["open", "contradicted"]


def test_evidence_of_other_repositories_is_left_alone(repository: Repository) -> None:
    fix = repository.commit("v1.0.0")
    found = advisory((Range(introduced="0", fixed="1.0.0"),), ("fix", fix))
    assert list(verify(found, "o/basalt", Upstream(repository.folder, "ember"))) == []


def test_what_was_withdrawn_claims_nothing(repository: Repository) -> None:
    found = advisory((Range(introduced="1.0.0", fixed="1.2.0"),), ("fix", repository.commit("v1.1.0")))
    withdrawn = replace(found, withdrawn=dt.date(2026, 2, 1))
    upstream = Upstream(repository.folder, "ember")
    assert [proof.outcome for proof in verify(found, "o/ember", upstream)] == ["contradicted"]
    assert list(verify(withdrawn, "o/ember", upstream)) == []


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match="no Git repository"):
        Upstream(tmp_path / "nowhere", "ember")


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.2.3", "1.2.3"),
        ("v3_4_5", "3.4.5"),
        ("v3_4_0_preview1", "3.4.0.preview1"),
        ("ember-1.2.0.rc1", "1.2.0.rc1"),
        ("1.2.0-beta.2", "1.2.0.beta.2"),
        ("release", None),
        ("release-1.2", "1.2"),
        ("Ember_7-1-0", "7.1.0"),
        ("ruby-ember-v0.3.0", None),
        ("v4.0.2-pshopify3", None),
    ],
)
def test_tags_name_versions(tag: str, version: str | None) -> None:
    found = version_of(tag, "ember")
    assert (str(found) if found else None) == version
