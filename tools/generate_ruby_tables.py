#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["pyyaml>=6.0.1"]
# ///
"""Write `ruby-releases.json` and `shipped-gems.json` into `src/gemaudit/data`, from local git clones.

    git clone --bare https://github.com/ruby/ruby ruby.git
    git clone --bare https://github.com/ruby/www.ruby-lang.org site.git
    python tools/generate_ruby_tables.py --ruby ruby.git --site site.git

Forks that hold the tags of ruby/ruby serve as well; `--ruby` may be given several times, and the first clone
that has a release answers for it. The website says when a release came out and how long a branch lives;
`announced_rubies.toml`, beside this script, says what the clones do not know yet.

Nothing is fetched and no Ruby code runs: gemspecs and version constants are read as text.
A gemspec that states its version in a way this script does not know stops it.
A release that no clone has is left out of `shipped-gems.json`.
"""

import argparse
import datetime as dt
import itertools
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from cruby_source import Clone, Tree, UnresolvableError, bundled_gems, default_gems, rubygems, stated_version

ROOT = Path(__file__).resolve().parent.parent
ANNOUNCED = ROOT / "tools" / "announced_rubies.toml"
DATA = ROOT / "src" / "gemaudit" / "data"
WEBSITE = "https://www.ruby-lang.org"
FIRST_RELEASE = "2.5.0.preview1"

#: Default gems whose extension is only built on Windows; `rbinstall.rb` leaves them out elsewhere.
WINDOWS_ONLY = ("win32-registry", "win32ole")


def rubygems_form(version: str) -> str:
    """`3.4.0-preview1` as RubyGems and Bundler spell it: `3.4.0.preview1`."""
    return version.replace("-", ".")


def order(version: str) -> tuple[int, int, int, bool, str]:
    """A sort key for the versions that CRuby uses; `preview1 < rc1 < the release`."""
    major, minor, teeny, *word = version.split(".")
    return int(major), int(minor), int(teeny), not word, "".join(word)


def branch_of(version: str) -> str:
    """`3.4` for `3.4.1` and `3.4.0.preview1`."""
    return ".".join(version.split(".")[:2])


def tag_names(version: str) -> tuple[str, ...]:
    """How ruby/ruby may have tagged a release: with dots since 4.0, with underscores before."""
    major, minor, teeny, *word = version.split(".")
    dotted = "-".join((f"v{major}.{minor}.{teeny}", *word))
    return dotted, "_".join((f"v{major}", minor, teeny, *word))


def find_tree(version: str, clones: Iterable[Clone], commits: Mapping[str, str]) -> tuple[str, Tree] | None:
    """The name of the tag or commit of a release with its files, or None where no clone has it."""
    names = [f"refs/tags/{tag}" for tag in tag_names(version)]
    if version in commits:
        names.append(commits[version])
    for clone, name in itertools.product(clones, names):
        if commit := clone.commit(name):
            tree = Tree(clone, commit)
            if stated_version(tree) != version.split(".")[:3]:
                raise UnresolvableError(f"{name}: `version.h` says {'.'.join(stated_version(tree))}, not {version}")
            return name.removeprefix("refs/tags/"), tree
    return None


def change_points(releases: Sequence[Mapping[str, str]]) -> dict[str, list[list[int | str | None]]]:
    """For each name the positions where its value changes, with the new value; None where it ends."""
    changes: dict[str, list[list[int | str | None]]] = {name: [] for name in sorted(set().union(*releases))}
    for name, points in changes.items():
        before: str | None = None
        for position, values in enumerate(releases):
            if (value := values.get(name)) != before:
                points.append([position, value])
                before = value
    return changes


def known_releases(site: Clone, announced: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every release since FIRST_RELEASE with its date and the page that announces it."""
    releases: dict[str, dict[str, Any]] = {}
    for entry in yaml.safe_load(site_file(site, "releases.yml")):
        if re.fullmatch(r"\d+\.\d+\.\d+(-[a-z]+\d+)?", str(entry["version"])):
            releases[rubygems_form(entry["version"])] = {"date": str(entry["date"]), "source": WEBSITE + entry["post"]}
    for entry in announced.get("release", ()):
        if entry["version"] in releases:
            raise UnresolvableError(f"the website knows {entry['version']} by now; it is no longer to be announced")
        day = {"date": str(entry["date"])} if "date" in entry else {"date": str(entry["by"]), "date_is_latest": True}
        releases[entry["version"]] = day | {"source": entry["source"]}
    kept = [version for version in releases if order(version) >= order(FIRST_RELEASE)]
    return {version: releases[version] for version in sorted(kept, key=order)}


def site_file(site: Clone, name: str) -> str:
    """A data file of the website at the newest commit of its clone."""
    commit = site.commit("HEAD")
    if not commit or not (text := Tree(site, commit).text(f"_data/{name}")):
        raise UnresolvableError(f"the clone of the website has no `_data/{name}`")
    return text


def known_branches(site: Clone, announced: Mapping[str, Any], releases: Iterable[str]) -> list[dict[str, Any]]:
    """The branches that have a release here: status, end of life, newest final release."""
    listed = {str(entry["name"]): entry for entry in yaml.safe_load(site_file(site, "branches.yml"))}
    extra = {entry["name"]: entry for entry in announced.get("branch", ())}
    branches = []
    for name, versions in itertools.groupby(releases, key=branch_of):
        entry, more = listed.get(name, {}), extra.get(name, {})
        if not (status := entry.get("status") or more.get("status")):
            raise UnresolvableError(f"nothing states the status of the branch {name}")
        finals = [version for version in versions if order(version)[-1] == ""]
        ended, expected = entry.get("eol_date"), entry.get("expected_eol_date") or more.get("end_of_life")
        branches.append(
            {"name": name, "status": status.removesuffix(" maintenance")}
            | ({"end_of_life": str(ended or expected)} if ended or expected else {})
            | ({"end_is_expected": True} if expected and not ended else {})
            | ({"newest": finals[-1]} if finals else {})
            | ({"source": more["source"]} if more else {})
        )
    return branches


def lines(value: Mapping[str, Any]) -> str:
    """JSON with one line for each entry of an inner list or object, so that a refresh reads well as a difference."""

    def compact(item: object) -> str:
        return json.dumps(item, separators=(",", ":"), ensure_ascii=False)

    def block(item: object) -> str:
        if isinstance(item, dict) and item and all(isinstance(inner, list) for inner in item.values()):
            return "{\n" + ",\n".join(f"{compact(key)}:{compact(inner)}" for key, inner in item.items()) + "\n}"
        if isinstance(item, list) and item and isinstance(item[0], dict):
            return "[\n" + ",\n".join(map(compact, item)) + "\n]"
        return compact(item)

    return "{\n" + ",\n".join(f"{compact(key)}:{block(inner)}" for key, inner in value.items()) + "\n}\n"


def row(found: tuple[str, Tree] | None, day: Mapping[str, Any]) -> dict[str, Any]:
    """What the table says about a release: a tag or commit that was read outweighs the page that announced it."""
    return {key: value for key, value in day.items() if key != "source"} | {"seen": found[0]} if found else dict(day)


def shipped(trees: Mapping[str, Tree], read: Callable[[Tree], dict[str, str]]) -> list[dict[str, str]]:
    """What `read` finds in each tree. Raises UnresolvableError, naming the release."""
    found = []
    for version, tree in trees.items():
        try:
            found.append(read(tree))
        except UnresolvableError as error:
            raise UnresolvableError(f"{version}: {error}") from error
    return found


def tables(clones: Sequence[Clone], site: Clone, announced: Mapping[str, Any], today: str) -> tuple[str, str]:
    """The text of both data files."""
    commits = {entry["version"]: entry["id"] for entry in announced.get("commit", ())}
    releases = known_releases(site, announced)
    found = {version: find_tree(version, clones, commits) for version in releases}
    trees = {version: tree[1] for version, tree in found.items() if tree}
    listing = {
        "generated": today,
        "website": site.commit("HEAD"),
        "branches": known_branches(site, announced, releases),
        "releases": [{"version": version, **row(found[version], day)} for version, day in releases.items()],
    }
    gems = {
        "generated": today,
        "rubies": list(trees),
        "windows_only": list(WINDOWS_ONLY),
        "rubygems_changes": change_points(shipped(trees, lambda tree: {"rubygems": rubygems(tree)}))["rubygems"],
        "default": change_points(shipped(trees, default_gems)),
        "bundled": change_points(shipped(trees, bundled_gems)),
    }
    return lines(listing), lines(gems)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both tables, or say what cannot be read and write nothing."""
    parser = argparse.ArgumentParser(description="Write the tables about CRuby from local git clones.")
    parser.add_argument("--ruby", type=Path, action="append", required=True, help="a clone with the tags of ruby/ruby")
    parser.add_argument("--site", type=Path, required=True, help="a clone of ruby/www.ruby-lang.org")
    parser.add_argument("--announced", type=Path, default=ANNOUNCED)
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--date", default=dt.datetime.now(dt.UTC).date().isoformat())
    options = parser.parse_args(arguments)
    announced = tomllib.loads(options.announced.read_text("utf-8"))
    try:
        releases, gems = tables([Clone(path) for path in options.ruby], Clone(options.site), announced, options.date)
    except UnresolvableError as error:
        sys.exit(f"error: {error}")
    (options.out / "ruby-releases.json").write_text(releases, "utf-8")
    (options.out / "shipped-gems.json").write_text(gems, "utf-8")


if __name__ == "__main__":
    main()
