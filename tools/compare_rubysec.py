#!/usr/bin/env python3
"""Write `docs/neighbours.md`: the memory-safety records of ruby-advisory-db beside our advisories.

    git clone --bare https://github.com/rubysec/ruby-advisory-db
    python tools/compare_rubysec.py ruby-advisory-db.git

The clone is read at the commit that `rubysec_memory_safety.toml` names, whose records that list was made from.
Nothing is fetched, and of the neighbour's text only ids and version requirements come into the page.

A record's affected versions are all that its `patched_versions` and `unaffected_versions` leave out.
Two sets of versions are compared as sets; a difference counts where a version lies in it that one of them names, or
that is a known release of Ruby. So `> 1.9` and `>= 1.9.1` are the same. Prereleases alone make no difference.
Ranges that we only presume make none either; they are counted apart.
"""

import argparse
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

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
#: Stands for every version before the first that either side names.
FIRST = Version.parse("0")

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


#: A record, and ours that share a name with it but speak of other packages.
Other: TypeAlias = tuple[Record, tuple[tuple[str, Advisory], ...]]
Listed: TypeAlias = Mapping[str, Any]


def affected_by(outside: Iterable[Requirement]) -> VersionRanges:
    """All versions that none of the requirements, of what is patched or unaffected, admits."""
    result = VersionRanges.all()
    for requirement in outside:
        result -= requirement.ranges
    return result


def compare(
    outside: Iterable[Requirement],
    ranges: Iterable[Range],
    *,
    known: Iterable[Version] = (),
    unreleased: Iterable[Version] = (),
) -> Comparison:
    """Compare what the requirements leave out with our ranges, at every version that either side names.

    `known` are looked at besides, `unreleased` are not; `0` stands for all versions before the first that is named.
    """
    outside, ranges = tuple(outside), tuple(ranges)
    theirs = affected_by(outside)
    verified = presumed = VersionRanges.none()
    for claimed in ranges:
        if claimed.presumed:
            presumed |= interval(claimed)
        else:
            verified |= interval(claimed)
    named = {*_named(outside), *_claimed(ranges), *known} - {*unreleased}
    witnesses = sorted(named | {FIRST})

    def shown(versions: VersionRanges) -> tuple[Version, ...]:
        return tuple(one for one in witnesses if one in versions)

    return Comparison(
        more=shown(theirs - verified - presumed),
        fewer=shown(verified - theirs),
        presumed=shown((theirs & presumed) - verified),
    )


def _named(requirements: Iterable[Requirement]) -> Iterator[Version]:
    for requirement in requirements:
        for _, version in requirement.comparators:
            yield from (version, version.release)


def _claimed(ranges: Iterable[Range]) -> Iterator[Version]:
    for claimed in ranges:
        for bound in (claimed.introduced, claimed.fixed, claimed.last_affected, claimed.stable):
            if isinstance(bound, str) and bound not in {"", "unknown"}:
                version = Version.parse(bound)
                yield from (version, version.release)


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


def pair(record: Record, advisories: Sequence[tuple[str, Advisory]], unreleased: Iterable[Version] = ()) -> Pair | None:
    """The record with ours that have one of its names, else with ours that have a name it mentions, else None."""
    for names in (record.names, record.related):
        found = tuple((path, one) for path, one in sharing(names, advisories) if _claims(record, one))
        if found:
            ranges = [claimed for _, one in found for item in _claims(record, one) for claimed in item.ranges]
            shared = names & {name.casefold() for _, one in found for name in one.names()}
            return Pair(
                record=record,
                advisories=found,
                comparison=compare(record.outside, ranges, known=_known(record), unreleased=unreleased),
                through="" if names is record.names else ", ".join(sorted(shared)),
            )
    return None


def sharing(names: frozenset[str], advisories: Iterable[tuple[str, Advisory]]) -> tuple[tuple[str, Advisory], ...]:
    """Ours that have one of the names."""
    return tuple((path, one) for path, one in advisories if names & {name.casefold() for name in one.names()})


def _known(record: Record) -> Iterator[Version]:
    if (record.kind, record.package) == ("rubies", "ruby"):
        yield from (Version.parse(release.version) for release in ruby_releases().releases)


def _claims(record: Record, advisory: Advisory) -> list[Affected]:
    attribute = "gem" if record.kind == "gems" else "engine"
    return [item for item in advisory.affected if getattr(item, attribute) == record.package]


HEADER = """\
# ruby-advisory-db beside our advisories

[ruby-advisory-db](https://github.com/{repository}) at commit `{commit:.12}` ({date}) has {total} records that concern
memory safety; `tools/rubysec_memory_safety.toml` lists them and says how they were chosen.
`python tools/compare_rubysec.py CLONE` writes this page.

{counts}

A record's affected versions are all that it calls neither patched nor unaffected. *Wider there*: it names versions
that our evidence acquits. *Narrower there*: it passes over versions that have the defect. *Different*: both.
A difference counts where a final release lies in it that one side names. Where we only presume that a branch is
affected, nothing is held against the record. A record marked † is doubtful as a memory error.
"""


def render(found: Sequence[Pair], elsewhere: Sequence[Other], lacking: Sequence[Record], listed: Listed) -> str:
    """The page: counts, every difference with the versions that show it and our evidence, and what we lack."""
    doubtful = set(listed["doubtful"])
    counts = "\n".join(_counts(found, len(elsewhere), len(lacking)))
    total = len(found) + len(elsewhere) + len(lacking)
    facts = {key: listed[key] for key in ("repository", "commit", "date")}
    lines = [HEADER.format(**facts, total=total, counts=counts)]
    for verdict in VERDICTS:
        chosen = [one for one in found if one.comparison.verdict == verdict]
        if chosen:
            lines += [f"## {verdict.capitalize()}", "", *_table(chosen, doubtful, verdict), ""]
    if elsewhere:
        lines += ["## Under another package", "", *_elsewhere(elsewhere, doubtful), ""]
    if lacking:
        lines += ["## Not here", "", *_lacking(lacking, doubtful), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts(found: Sequence[Pair], elsewhere: int, lacking: int) -> Iterator[str]:
    verdicts = Counter(one.comparison.verdict for one in found)
    yield "| the record is | records | of them with versions that we only presume |"
    yield "|---|---|---|"
    for verdict in VERDICTS:
        presumed = sum(one.comparison.verdict == verdict and bool(one.comparison.presumed) for one in found)
        yield f"| {verdict} | {verdicts[verdict]} | {presumed} |"
        if verdict == "wider there":
            early = sum(one.comparison.verdict == verdict and one.comparison.more == (FIRST,) for one in found)
            yield f"| … only by releases before the defect came in | {early} | |"
    yield f"| here under another package | {elsewhere} | |"
    yield f"| not here | {lacking} | |"


def _table(pairs: Iterable[Pair], doubtful: set[str], verdict: Verdict) -> Iterator[str]:
    shows = verdict != "same"
    yield "| record | here | affected here | " + ("the difference | " if shows else "presumed here | ") + "evidence |"
    yield "|---|---|---|---|---|"
    for one in pairs:
        ours = ", ".join(f"[{advisory.id}](../advisories/{path})" for path, advisory in one.advisories)
        through = f" (through {one.through})" if one.through else ""
        last = _difference(one) if shows else _versions(one, one.comparison.presumed)
        yield f"| {_name(one.record, doubtful)} | {ours}{through} | {_ours(one)} | {last} | {_evidence(one)} |"


def _name(record: Record, doubtful: set[str]) -> str:
    return f"{record.package} {record.path.rpartition('/')[2]}{' †' if record.path in doubtful else ''}"


def _ours(one: Pair) -> str:
    claims = dict.fromkeys(
        spell(item) for _, advisory in one.advisories for item in _claims(one.record, advisory) if item.ranges
    )
    return "; ".join(f"`{text}`" for text in claims)


def _difference(one: Pair) -> str:
    sides = (
        ("too many there:", one.comparison.more),
        ("missing there:", one.comparison.fewer),
        ("presumed here:", one.comparison.presumed),
    )
    return "; ".join(f"{word} {_versions(one, versions)}" for word, versions in sides if versions)


def _versions(one: Pair, versions: Sequence[Version]) -> str:
    finals = [version for version in versions if not version.is_prerelease] or list(versions)
    texts = [f"before {_first(one)}" if version == FIRST else str(version) for version in finals]
    return ", ".join(texts) if len(texts) <= SHOWN else f"{', '.join(texts[: SHOWN - 1])} … {texts[-1]}"


def _first(one: Pair) -> Version:
    """The first version that either side names."""
    ranges = [claimed for _, ours in one.advisories for item in _claims(one.record, ours) for claimed in item.ranges]
    return min({*_named(one.record.outside), *_claimed(ranges)} - {FIRST})


def _evidence(one: Pair) -> str:
    """The first fix and the first introduction that each of our advisories names."""
    links = {}
    for _, advisory in one.advisories:
        for type_ in ("fix", "introduced"):
            urls = [item.url for item in advisory.evidence if item.type == type_]
            if urls:
                links[urls[0]] = type_
    return ", ".join(f"[{type_}]({url})" for url, type_ in links.items())


def _elsewhere(others: Iterable[Other], doubtful: set[str]) -> Iterator[str]:
    yield "Default gems are audited with the Ruby that ships them, so an advisory on the gem speaks of both."
    yield ""
    for record, advisories in others:
        links = ", ".join(
            f"{' and '.join(_subjects(one))} [{one.id}](../advisories/{path})" for path, one in advisories
        )
        yield f"- {_name(record, doubtful)}: {links}"


def _subjects(advisory: Advisory) -> list[str]:
    return list(dict.fromkeys(item.gem or item.engine for item in advisory.affected))


def _lacking(records: Iterable[Record], doubtful: set[str]) -> Iterator[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for record in records:
        mark = " †" if record.path in doubtful else ""
        groups[record.package].append(f"{record.path.rpartition('/')[2]}{mark}")
    for package, ids in sorted(groups.items()):
        yield f"- {package}: {', '.join(ids)}"


def records_of(clone: Clone, listed: Listed) -> list[Record]:
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


def sort_out(
    records: Iterable[Record], ours: Sequence[tuple[str, Advisory]], never_released: Mapping[str, Sequence[str]]
) -> tuple[list[Pair], list[Other], list[Record]]:
    """The records that ours can be compared with, those that ours name for other packages, and the rest."""
    found, elsewhere, lacking = [], [], []
    for record in records:
        unreleased = map(Version.parse, never_released.get(record.package, ()))
        if one := pair(record, ours, unreleased):
            found.append(one)
        elif others := sharing(record.names, ours):
            elsewhere.append((record, others))
        else:
            lacking.append(record)
    return found, elsewhere, lacking


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
    found, elsewhere, lacking = sort_out(records, ours, listed.get("never_released", {}))
    options.out.write_text(render(found, elsewhere, lacking, listed), "utf-8")
    verdicts = Counter(one.comparison.verdict for one in found)
    print(f"{len(records)} records: {', '.join(f'{verdicts[name]} {name}' for name in VERDICTS)}, ", end="")
    print(f"{len(elsewhere)} under another package, {len(lacking)} not here")
    for line in _lacking(lacking, set(listed["doubtful"])):
        print(line)


if __name__ == "__main__":
    main()
