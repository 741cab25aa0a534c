#!/usr/bin/env python3
"""Write `docs/neighbours.md`: the memory-safety records of ruby-advisory-db beside our advisories.

    git clone --bare https://github.com/rubysec/ruby-advisory-db
    python tools/compare_rubysec.py ruby-advisory-db.git

The clone is read at the commit that `rubysec_memory_safety.toml` names, whose records that list was made from.
Nothing is fetched, and of the neighbour's text only ids and version requirements come into the page.

A record's affected versions are all that its `patched_versions` and `unaffected_versions` leave out.
Two sets of versions are compared as sets; a difference counts where a version lies in it that one of them names,
or that follows such a version, or that is a known release of Ruby. `> 1.9` and `>= 1.9.1` are the same then.
Prereleases alone make no difference. Ranges that we only presume make none either; they are counted apart.
"""

import argparse
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from cruby_source import Clone
from msgspec import Struct

from gemaudit.adapters.database import SOURCES, read_advisories
from gemaudit.adapters.tables import ruby_releases
from gemaudit.model.advisory import Advisory, Affected, Range
from gemaudit.model.claims import interval, spell
from gemaudit.model.ranges import VersionRanges
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "tools" / "rubysec_memory_safety.toml"
PAGE = ROOT / "docs" / "neighbours.md"
SHOWN = 5

Verdict = Literal["same", "wider there", "narrower there", "different"]
VERDICTS: tuple[Verdict, ...] = ("different", "narrower there", "wider there", "same")

_NAME = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3}", re.IGNORECASE)
_THREAD = re.compile(r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+)/(?:issues|pull)/(?P<number>\d+)")


class Record(Struct, frozen=True, kw_only=True):
    """One record of the neighbour's, as far as it is compared.

    `names` are its own ids; `related` are those of what it mentions. All are in lower case.
    """

    path: str
    names: frozenset[str]
    related: frozenset[str]
    outside: tuple[Requirement, ...]

    @property
    def kind(self) -> str:
        """`gems` or `rubies`."""
        return self.path.split("/")[0]

    @property
    def package(self) -> str:
        """The gem or the interpreter."""
        return self.path.split("/")[1]

    @property
    def affected(self) -> VersionRanges:
        """All versions that the record does not call patched or unaffected."""
        result = VersionRanges.all()
        for requirement in self.outside:
            result -= requirement.ranges
        return result


class Comparison(Struct, frozen=True, kw_only=True):
    """How two claims about affected versions relate, with versions that show it.

    `more` are affected there and not here, `fewer` are affected here and not there; presumed ranges of ours
    are in neither. `presumed` are affected there and presumed here. Each is in order.
    """

    more: tuple[Version, ...]
    fewer: tuple[Version, ...]
    presumed: tuple[Version, ...]

    @property
    def verdict(self) -> Verdict:
        """What the other claim is, seen from ours; prereleases alone make no difference."""
        more, fewer = (any(not one.is_prerelease for one in side) for side in (self.more, self.fewer))
        if more and fewer:
            return "different"
        return "wider there" if more else "narrower there" if fewer else "same"


class Pair(Struct, frozen=True, kw_only=True):
    """A record with those of our advisories that share a name with it and speak of its package."""

    record: Record
    advisories: tuple[tuple[str, Advisory], ...]
    comparison: Comparison
    through: str


def compare(outside: Iterable[Requirement], ranges: Iterable[Range], known: Iterable[Version] = ()) -> Comparison:
    """Compare what the requirements leave out with our ranges, at every version that either side names."""
    outside, ranges = tuple(outside), tuple(ranges)
    theirs, verified, presumed = VersionRanges.all(), VersionRanges.none(), VersionRanges.none()
    for requirement in outside:
        theirs -= requirement.ranges
    for claimed in ranges:
        if claimed.presumed:
            presumed |= interval(claimed)
        else:
            verified |= interval(claimed)
    named = {*_named(outside), *_claimed(ranges), *known, Version.parse("0")}
    witnesses = sorted(named | {max(named).bump})

    def shown(versions: VersionRanges) -> tuple[Version, ...]:
        return tuple(one for one in witnesses if one in versions)

    return Comparison(
        more=shown(theirs - verified - presumed),
        fewer=shown(verified - theirs),
        presumed=shown((theirs & presumed) - verified),
    )


def _named(requirements: Iterable[Requirement]) -> Iterator[Version]:
    for requirement in requirements:
        for operator, version in requirement.comparators:
            yield from (version, version.release)
            if operator == "~>":
                yield version.bump
            elif operator in {">", "<="}:
                yield _successor(version)


def _claimed(ranges: Iterable[Range]) -> Iterator[Version]:
    for claimed in ranges:
        bounds = [claimed.introduced, claimed.fixed, claimed.last_affected, claimed.stable]
        for bound in bounds:
            if isinstance(bound, str) and bound not in {"", "unknown"}:
                version = Version.parse(bound)
                yield from (version, version.release)
        if claimed.last_affected:
            yield _successor(Version.parse(claimed.last_affected))


def _successor(version: Version) -> Version:
    """The next release that keeps all parts but the last."""
    *parts, last = str(version.release).split(".")
    return Version.parse(".".join([*parts, str(int(last) + 1)]))


def parse_record(path: str, text: str) -> Record:
    """Read a record. Raises ValueError where a requirement is none."""
    fields: dict[str, Any] = yaml.safe_load(text)
    prefixes = (("cve", "CVE-"), ("ghsa", "GHSA-"), ("osvdb", "OSVDB-"))
    names = {f"{prefix}{fields[key]}" for key, prefix in prefixes if fields.get(key)}
    names.add(path.rpartition("/")[2])
    related = fields.get("related") or {}
    links = [str(fields.get("url", "")), *map(str, related.get("url") or ())]
    mentioned = {found for link in links for found in _NAME.findall(link)}
    mentioned |= {f"{found['repository']}#{found['number']}" for link in links if (found := _THREAD.match(link))}
    mentioned |= {f"CVE-{number}" for number in related.get("cve") or ()}
    own = frozenset(name.casefold() for name in names)
    return Record(
        path=path,
        names=own,
        related=frozenset(name.casefold() for name in mentioned) - own,
        outside=tuple(
            Requirement.parse(str(item))
            for key in ("patched_versions", "unaffected_versions")
            for item in fields.get(key) or ()
        ),
    )


def pair(record: Record, advisories: Sequence[tuple[str, Advisory]]) -> Pair | None:
    """The record with ours that have one of its names, else with ours that have a name it mentions, else None."""
    for names in (record.names, record.related):
        found = tuple(
            (path, one)
            for path, one in advisories
            if names & {name.casefold() for name in one.names()} and _claims(record, one)
        )
        if found:
            ranges = [claimed for _, one in found for item in _claims(record, one) for claimed in item.ranges]
            known: tuple[Version, ...] = ()
            if (record.kind, record.package) == ("rubies", "ruby"):
                known = tuple(Version.parse(release.version) for release in ruby_releases().releases)
            shared = names & {name.casefold() for _, one in found for name in one.names()}
            through = "" if names is record.names else ", ".join(sorted(shared))
            comparison = compare(record.outside, ranges, known)
            return Pair(record=record, advisories=found, comparison=comparison, through=through)
    return None


def _claims(record: Record, advisory: Advisory) -> list[Affected]:
    attribute = "gem" if record.kind == "gems" else "engine"
    return [item for item in advisory.affected if getattr(item, attribute) == record.package]


def render(pairs: Sequence[Pair], lacking: Sequence[Record], listed: Mapping[str, Any]) -> str:
    """The page: counts, every difference with the versions that show it and our evidence, and what we lack."""
    verdicts = Counter(one.comparison.verdict for one in pairs)
    presumed = sum(bool(one.comparison.presumed) for one in pairs)
    doubtful = set(listed["doubtful"])
    lines = [
        "# ruby-advisory-db beside our advisories",
        "",
        f"[ruby-advisory-db](https://github.com/{listed['repository']}) at commit `{listed['commit'][:12]}` "
        f"({listed['date']}) has {len(pairs) + len(lacking)} records that concern memory safety;",
        "`tools/rubysec_memory_safety.toml` lists them and says how they were chosen. `tools/compare_rubysec.py` writes "
        "this page.",
        "",
        *_counts(verdicts, presumed, len(lacking)),
        "",
        "A record's affected versions are all that it calls neither patched nor unaffected. *Wider there*: the record "
        "names versions as affected that our evidence acquits.",
        "*Narrower there*: it passes over versions that have the defect. *Different*: both. Two sets count as the same "
        "when no release that either side names lies between them.",
        "Where we only presume that a branch is affected, nothing is held against the record. "
        "A record marked † is doubtful as a memory error.",
        "",
    ]
    for verdict in VERDICTS:
        chosen = [one for one in pairs if one.comparison.verdict == verdict]
        if chosen:
            lines += [f"## {verdict.capitalize()}", "", *_table(chosen, doubtful, verdict), ""]
    if lacking:
        lines += ["## Not here", "", *_lacking(lacking, doubtful), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts(verdicts: Counter[Verdict], presumed: int, lacking: int) -> Iterator[str]:
    yield "| the record is | records |"
    yield "|---|---|"
    for verdict in VERDICTS:
        yield f"| {verdict} | {verdicts[verdict]} |"
    yield f"| not here | {lacking} |"
    yield f"| in any of the first four, with versions that we only presume | {presumed} |"


def _table(pairs: Iterable[Pair], doubtful: set[str], verdict: Verdict) -> Iterator[str]:
    shows = verdict != "same"
    yield "| record | here | affected here | " + ("the difference | " if shows else "presumed here | ") + "evidence |"
    yield "|---|---|---|---|---|"
    for one in pairs:
        ours = ", ".join(f"[{advisory.id}](../advisories/{path})" for path, advisory in one.advisories)
        through = f" (through {one.through})" if one.through else ""
        last = _difference(one.comparison) if shows else _versions(one.comparison.presumed)
        yield f"| {_name(one.record, doubtful)} | {ours}{through} | {_ours(one)} | {last} | {_evidence(one)} |"


def _name(record: Record, doubtful: set[str]) -> str:
    return f"{record.package} {record.path.rpartition('/')[2]}{' †' if record.path in doubtful else ''}"


def _ours(one: Pair) -> str:
    claims = dict.fromkeys(
        spell(item) for _, advisory in one.advisories for item in _claims(one.record, advisory) if item.ranges
    )
    return "; ".join(f"`{text}`" for text in claims)


def _difference(comparison: Comparison) -> str:
    parts = [
        f"{word} {_versions(versions)}"
        for word, versions in (
            ("too many there:", comparison.more),
            ("missing there:", comparison.fewer),
            ("presumed here:", comparison.presumed),
        )
        if versions
    ]
    return "; ".join(parts)


def _versions(versions: Sequence[Version]) -> str:
    finals = [one for one in versions if not one.is_prerelease] or list(versions)
    texts = ["the first releases" if str(one) == "0" else str(one) for one in finals]
    if len(texts) <= SHOWN:
        return ", ".join(texts)
    return f"{', '.join(texts[: SHOWN - 1])} … {texts[-1]}"


def _evidence(one: Pair) -> str:
    """The first fix and the first introduction that each of our advisories names."""
    links = {}
    for _, advisory in one.advisories:
        for type_ in ("fix", "introduced"):
            urls = [item.url for item in advisory.evidence if item.type == type_]
            if urls:
                links[urls[0]] = type_
    return ", ".join(f"[{type_}]({url})" for url, type_ in links.items())


def _lacking(records: Iterable[Record], doubtful: set[str]) -> Iterator[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for record in records:
        mark = " †" if record.path in doubtful else ""
        groups[record.package].append(f"{record.path.rpartition('/')[2]}{mark}")
    for package, ids in sorted(groups.items()):
        yield f"- {package}: {', '.join(ids)}"


def records_of(clone: Clone, listed: Mapping[str, Any]) -> list[Record]:
    """The listed records, in order. Raises ValueError where the clone does not have one."""
    commit = clone.commit(listed["commit"])
    if commit is None:
        raise ValueError(f"the clone has no commit {listed['commit']}")
    blobs = clone.files(commit)
    records = []
    for kind in ("gems", "rubies"):
        for package, ids in sorted(listed[kind].items()):
            for path in (f"{kind}/{package}/{id_}" for id_ in ids):
                if f"{path}.yml" not in blobs:
                    raise ValueError(f"the commit has no {path}.yml")
                records.append(parse_record(path, clone.text(blobs[f"{path}.yml"])))
    return records


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page and print its numbers, or say what cannot be read and write nothing."""
    parser = argparse.ArgumentParser(description="Compare our advisories with those of ruby-advisory-db.")
    parser.add_argument("clone", type=Path, help="a clone of rubysec/ruby-advisory-db")
    parser.add_argument("--advisories", type=Path, default=SOURCES)
    parser.add_argument("--listed", type=Path, default=LISTED)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    listed = tomllib.loads(options.listed.read_text("utf-8"))
    try:
        records = records_of(Clone(options.clone), listed)
        files = read_advisories([options.advisories])
    except ValueError as error:
        sys.exit(f"error: {error}")
    ours = [(Path(path).relative_to(options.advisories).as_posix(), one) for path, one in files if not one.withdrawn]
    found = [(record, pair(record, ours)) for record in records]
    pairs = [one for _, one in found if one is not None]
    lacking = [record for record, one in found if one is None]
    options.out.write_text(render(pairs, lacking, listed), "utf-8")
    verdicts = Counter(one.comparison.verdict for one in pairs)
    print(
        f"{len(records)} records: {', '.join(f'{verdicts[name]} {name}' for name in VERDICTS)}, {len(lacking)} not here"
    )
    for line in _lacking(lacking, set(listed["doubtful"])):
        print(line)


if __name__ == "__main__":
    main()
