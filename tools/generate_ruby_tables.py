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
import datetime
import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
ANNOUNCED = ROOT / "tools" / "announced_rubies.toml"
DATA = ROOT / "src" / "gemaudit" / "data"
FIRST_RELEASE = "2.5.0.preview1"

#: Default gems whose extension is only built on Windows; `rbinstall.rb` leaves them out elsewhere.
WINDOWS_ONLY = ("win32-registry", "win32ole")

_LITERAL = re.compile(r"""-?["'](?P<version>[0-9][0-9A-Za-z.-]*)["']""")
_VERSION_LINE = re.compile(r"^\s*\w+\.version\s*=\s*(?P<expression>.+?)\s*$", re.MULTILINE)
_NAME_LINE = re.compile(r"""^\s*\w+\.name\s*=\s*(["'])(?P<name>[\w-]+)\1""", re.MULTILINE)
#: `Psych::VERSION`, `ERB.const_get(:VERSION, false)`.
_CONSTANT = re.compile(r"(?:\w+::)+(?P<scoped>\w*VERSION)|\w+\.const_get\(:(?P<got>\w*VERSION)\b.*\)")
#: `f.gets("\n#define STRSCAN_VERSION ")`, `/^\s*OptionParser::Version\s*=\s*"(.*)"/` and `/^#define\s+SYSLOG_VERSION\s+"(.+)"/`.
_SEARCHED = re.compile(
    r"""\.gets\s*\(?\s*["'](?:\\n)?\s*(?:\#define\s+)?(?P<read>\w+)|/\^(?:\\s\*|\#define\\s\+)(?P<matched>[\w:]+)\\s""",
    re.VERBOSE,
)
_MENTIONED = re.compile(r"""["'](?P<file>[\w./-]+\.(?:rb|c|h))["']|require(?:_relative)?\s*\(?["'](?P<feature>[\w./-]+)["']""")
_BUNDLED = re.compile(r"^(?P<name>[A-Za-z][\w-]*)\s+(?P<version>[0-9]\S*)", re.MULTILINE)


class Unresolvable(Exception):
    """A file of CRuby does not state what it should, in any form that is known here."""


class Clone:
    """A local clone of a repository, bare or not."""

    def __init__(self, path: Path) -> None:
        self._git = ("git", "-C", str(path))
        self._texts: dict[str, str] = {}

    def _run(self, *arguments: str) -> bytes | None:
        done = subprocess.run((*self._git, *arguments), capture_output=True, check=False)  # noqa: S603 - the user's own clone
        return done.stdout if done.returncode == 0 else None

    def commit(self, name: str) -> str | None:
        """The commit that a full reference or id stands for, or None where the clone does not have it."""
        found = self._run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return found.decode().strip() if found else None

    def files(self, commit: str) -> dict[str, str]:
        """The paths of a commit and the ids of their contents."""
        listing = (self._run("ls-tree", "-r", "-z", commit) or b"").decode("utf-8", "replace")
        entries = (line.split("\t", 1) for line in listing.split("\0") if line)
        return {path: entry.split()[2] for entry, path in entries}

    def text(self, blob: str) -> str:
        """The content with that id."""
        if blob not in self._texts:
            self._texts[blob] = (self._run("cat-file", "blob", blob) or b"").decode("utf-8", "replace")
        return self._texts[blob]


class Tree:
    """The files of CRuby at one release."""

    def __init__(self, clone: Clone, commit: str) -> None:
        self._clone = clone
        self._files = clone.files(commit)

    def text(self, path: str) -> str:
        """The content of a file; empty where there is none."""
        return self._clone.text(self._files[path]) if path in self._files else ""

    def gemspecs(self) -> list[str]:
        """What `rbinstall.rb` installs as default gems."""
        return sorted(path for path in self._files if re.match(r"(?:ext|lib)/.*\.gemspec$", path))


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
                raise Unresolvable(f"{name}: `version.h` says {'.'.join(stated_version(tree))}, not {version}")
            return name.removeprefix("refs/tags/"), tree
    return None


def stated_version(tree: Tree) -> list[str]:
    """The three numbers that `version.h` states."""
    text = tree.text("version.h") + tree.text("include/ruby/version.h")
    if whole := re.search(r'#\s*define RUBY_VERSION "([\d.]+)"', text):
        return whole[1].split(".")
    numbers = (rf"#\s*define {name} (\d+)" for name in ("RUBY_API_VERSION_MAJOR", "RUBY_API_VERSION_MINOR", "RUBY_VERSION_TEENY"))
    return [found[1] for pattern in numbers if (found := re.search(pattern, text))]


def default_gems(tree: Tree) -> dict[str, str]:
    """The default gems and their versions. Raises Unresolvable for a gemspec of an unknown form."""
    gems = {}
    for path in tree.gemspecs():
        text = tree.text(path)
        name = found["name"] if (found := _NAME_LINE.search(text)) else PurePosixPath(path).stem
        gems[name] = gemspec_version(tree, path, name)
    return gems


def gemspec_version(tree: Tree, path: str, name: str) -> str:
    """The version that a gemspec computes. Raises Unresolvable where the way is not known."""
    text = interpolated(tree.text(path), name)
    if (line := _VERSION_LINE.search(text)) is None:
        raise Unresolvable(f"{path}: no version is assigned")
    expression = line["expression"]
    if re.fullmatch(r"[a-z_]\w*|_VERSION", expression, re.IGNORECASE):
        assigned = re.search(rf"^\s*{expression}\s*=\s*(.+?)\s*$", text, re.MULTILINE)
        if assigned is None:
            raise Unresolvable(f"{path}: `{expression}` is assigned nowhere")
        expression = assigned[1]
    if literal := _LITERAL.match(expression):
        return gem_form(literal["version"])
    if "VERSION'" in expression and expression.startswith("File.read("):
        return tree.text(f"{PurePosixPath(path).parent}/VERSION").strip()
    found = _CONSTANT.fullmatch(expression) or _SEARCHED.search(text)
    if found is None:
        raise Unresolvable(f"{path}: `{expression}` is no known way to state a version")
    defined = constant(tree, next(filter(None, found.groups())), candidates(path, name, text))
    if not defined:
        raise Unresolvable(f"{path}: none of the files where it would look defines `{next(filter(None, found.groups()))}`")
    return defined


def interpolated(text: str, name: str) -> str:
    """The text of a gemspec with the gem's name where the code inserts it."""
    for code, value in (("name.tr('-', '/')", name.replace("-", "/")), ("name.upcase", name.upper()), ("name", name)):
        text = text.replace(f"#{{{code}}}", value)
    return text.replace("#{dir}", "")


def gem_form(version: str) -> str:
    """A version as `Gem::Version#to_s` spells it."""
    return version.replace("-", ".pre.")


def candidates(path: str, name: str, text: str) -> Iterable[str]:
    """Where the version of a gem may be defined, the files that its gemspec mentions first."""
    folder, feature = PurePosixPath(path).parent, name.replace("-", "/")
    mentioned = [found["file"] or f"{found['feature']}.rb" for found in _MENTIONED.finditer(text)]
    usual = [f"{feature}/version.rb", f"{feature}.rb", "version.rb", f"{folder.name}.c", f"{feature}.c"]
    for file in (*mentioned, *usual):
        plain = file.removeprefix("../")
        yield from (f"{folder}/{plain}", f"{folder}/lib/{plain}", f"lib/{plain}", plain)


def constant(tree: Tree, name: str, files: Iterable[str]) -> str:
    """The value of a Ruby constant or C macro in the first of `files` that defines it; empty where none does."""
    definition = re.compile(rf"""(?<![\w:]){re.escape(name)}\s*=?\s*{_LITERAL.pattern}""")
    for file in files:
        text = tree.text(file)
        if found := definition.search(text):
            return gem_form(found["version"])
        # lib/uri/version.rb derived `VERSION = '0.10.0'` from `VERSION_CODE = '001000'`.
        if code := re.search(rf"{re.escape(name)}_CODE\s*=\s*'((?:\d\d)+)'", text):
            return ".".join(str(int(pair)) for pair in re.findall(r"\d\d", code[1]))
    return ""


def bundled_gems(tree: Tree) -> dict[str, str]:
    """The bundled gems and their versions."""
    return {line["name"]: line["version"] for line in _BUNDLED.finditer(tree.text("gems/bundled_gems"))}


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
    """Every release since FIRST_RELEASE with its date and, where the website does not list it, its source."""
    listed = yaml.safe_load(site_file(site, "releases.yml"))
    releases = {rubygems_form(str(entry["version"])): {"date": str(entry["date"])} for entry in listed if entry.get("date")}
    for entry in announced.get("release", ()):
        if entry["version"] in releases:
            raise Unresolvable(f"the website knows {entry['version']} by now; remove it from {ANNOUNCED.name}")
        day = {"date": str(entry["date"])} if "date" in entry else {"date": str(entry["by"]), "date_is": "latest"}
        releases[entry["version"]] = day | {"source": entry["source"]}
    kept = (version for version in releases if re.fullmatch(r"\d+\.\d+\.\d+(\.\w+)?", version))
    return {version: releases[version] for version in sorted(kept, key=order) if order(version) >= order(FIRST_RELEASE)}


def site_file(site: Clone, name: str) -> str:
    """A data file of the website at the newest commit of its clone."""
    return Tree(site, site.commit("HEAD") or "").text(f"_data/{name}")


def known_branches(site: Clone, announced: Mapping[str, Any], releases: Iterable[str]) -> list[dict[str, Any]]:
    """The branches that have a release here: status, end of life, newest final release."""
    listed = {str(entry["name"]): entry for entry in yaml.safe_load(site_file(site, "branches.yml"))}
    extra = {entry["name"]: entry for entry in announced.get("branch", ())}
    branches = []
    for name, versions in itertools.groupby(releases, key=branch_of):
        entry, more = listed.get(name, {}), extra.get(name, {})
        ended, expected = entry.get("eol_date"), entry.get("expected_eol_date") or more.get("end_of_life")
        branches.append(
            {"name": name, "status": str(entry.get("status") or more["status"]).removesuffix(" maintenance")}
            | ({"end_of_life": str(ended or expected)} if ended or expected else {})
            | ({"end_is": "expected"} if expected and not ended else {})
            | {"newest": next((version for version in reversed(list(versions)) if version.count(".") == 2), "")}  # noqa: PLR2004
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


def tables(clones: Sequence[Clone], site: Clone, announced: Mapping[str, Any], today: str) -> tuple[str, str]:
    """The text of both data files."""
    commits = {entry["version"]: entry["id"] for entry in announced.get("commit", ())}
    releases = known_releases(site, announced)
    found = {version: find_tree(version, clones, commits) for version in releases}
    trees = {version: tree[1] for version, tree in found.items() if tree}
    rows = [{"version": v, **day} | ({"tag": hit[0]} if (hit := found[v]) else {}) for v, day in releases.items()]
    listing = {
        "generated": today,
        "website": site.commit("HEAD"),
        "branches": known_branches(site, announced, releases),
        "releases": rows,
    }
    gems = {
        "generated": today,
        "rubies": list(trees),
        "windows_only": list(WINDOWS_ONLY),
        "rubygems": change_points([{"": constant(tree, "VERSION", ["lib/rubygems.rb"])} for tree in trees.values()])[""],
        "default": change_points([default_gems(tree) for tree in trees.values()]),
        "bundled": change_points([bundled_gems(tree) for tree in trees.values()]),
    }
    return lines(listing), lines(gems)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both tables, or say what cannot be read and write nothing."""
    parser = argparse.ArgumentParser(description="Write the tables about CRuby from local git clones.")
    parser.add_argument("--ruby", type=Path, action="append", required=True, help="a clone with the tags of ruby/ruby")
    parser.add_argument("--site", type=Path, required=True, help="a clone of ruby/www.ruby-lang.org")
    parser.add_argument("--announced", type=Path, default=ANNOUNCED)
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--date", default=datetime.datetime.now(datetime.UTC).date().isoformat())
    options = parser.parse_args(arguments)
    announced = tomllib.loads(options.announced.read_text("utf-8"))
    try:
        releases, gems = tables([Clone(path) for path in options.ruby], Clone(options.site), announced, options.date)
    except Unresolvable as error:
        sys.exit(f"error: {error}")
    (options.out / "ruby-releases.json").write_text(releases, "utf-8")
    (options.out / "shipped-gems.json").write_text(gems, "utf-8")


if __name__ == "__main__":
    main()
