"""The files that repositories of a generated organisation are made of."""

import random
from collections.abc import Mapping, Sequence

from forges.git_objects import Entry

#: What each gem depends on, as its own specification states it.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "activerecord": ("activemodel (= 7.1.3)", "activesupport (= 7.1.3)", "timeout (>= 0.4.0)"),
    "activemodel": ("activesupport (= 7.1.3)",),
    "activesupport": ("base64", "bigdecimal", "concurrent-ruby (~> 1.0, >= 1.0.2)", "i18n (>= 1.6, < 2)"),
    "actionpack": ("activesupport (= 7.1.3)", "nokogiri (>= 1.8.5)", "rack (>= 2.2.4)"),
    "i18n": ("concurrent-ruby (~> 1.0)",),
    "googleapis-common-protos-types": ("google-protobuf (>= 3.18, < 5.a)",),
    "grpc": ("google-protobuf (>= 3.25, < 5.0)", "googleapis-common-protos-types (~> 1.0)"),
    "nokogiri": ("mini_portile2 (~> 2.8.2)", "racc (~> 1.4)"),
    "oj": ("bigdecimal (>= 3.0)",),
    "puma": ("nio4r (~> 2.0)",),
    "rb-inotify": ("ffi (~> 1.0)",),
    "listen": ("rb-fsevent (~> 0.10, >= 0.10.3)", "rb-inotify (~> 0.9, >= 0.9.10)"),
}
_RAILS = {
    "activerecord": "7.1.3", "activemodel": "7.1.3", "activesupport": "7.1.3", "actionpack": "7.1.3",
    "base64": "0.2.0", "bigdecimal": "3.1.6", "concurrent-ruby": "1.2.3", "i18n": "1.14.1", "timeout": "0.4.1",
    "nokogiri": "1.15.0", "mini_portile2": "2.8.5", "racc": "1.7.3", "rack": "3.0.9", "nio4r": "2.7.0",
    "puma": "6.4.2", "pg": "1.5.4", "bootsnap": "1.18.3", "msgpack": "1.7.2", "json": "2.7.1",
}  # fmt: skip
#: Gems by version, and what the Gemfile names of them.
_BUNDLES: Mapping[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "rails": (_RAILS, ("activerecord", "actionpack", "bootsnap", "json", "pg", "puma")),
    "listener": (
        {"ffi": "1.16.3", "listen": "3.8.0", "rb-fsevent": "0.11.2", "rb-inotify": "0.10.1"},
        ("listen",),
    ),
    "parser": ({"oj": "3.16.0", "bigdecimal": "3.1.4", "json": "2.10.1"}, ("json", "oj")),
    "calls": (
        {"google-protobuf": "3.25.1", "googleapis-common-protos-types": "1.12.0", "grpc": "1.60.0"},
        ("grpc", "google-protobuf"),
    ),
    "scraper": (
        {"nokogiri": "1.15.0", "mini_portile2": "2.8.2", "racc": "1.7.0", "ox": "2.14.14"},
        ("nokogiri", "ox"),
    ),
    # Nothing in this one is written in C.
    "plain": ({"rack": "3.1.8", "rake": "13.2.1", "tilt": "2.4.0"}, ("rack", "rake", "tilt")),
}  # fmt: skip
_PLATFORMS = (("ruby",), ("ruby", "x86_64-linux"), ("aarch64-linux-musl", "arm64-darwin-23", "x86_64-linux-musl"))
_RUBIES = ("", "3.2.2", "3.3.0", "3.4.4")


def lockfile(
    gems: Mapping[str, str], wanted: Sequence[str], platforms: Sequence[str] = ("ruby",), ruby: str = ""
) -> bytes:
    """A lockfile as Bundler writes one."""
    specs = []
    for name in sorted(gems):
        specs += [f"    {name} ({gems[name]})", *(f"      {need}" for need in _NEEDS.get(name, ()))]
    lines = ["GEM", "  remote: https://rubygems.org/", "  specs:", *specs, ""]
    lines += ["PLATFORMS", *(f"  {name}" for name in sorted(platforms)), ""]
    lines += ["DEPENDENCIES", *(f"  {name}" for name in sorted(wanted)), ""]
    lines += ["RUBY VERSION", f"   ruby {ruby}", ""] if ruby else []
    return "\n".join([*lines, "BUNDLED WITH", "   2.5.22", ""]).encode()


#: Some seventy lockfiles; all but those of `plain` meet advisories of the real database.
LOCKFILES = tuple(
    lockfile(gems, wanted, platforms, ruby)
    for gems, wanted in _BUNDLES.values()
    for platforms in _PLATFORMS
    for ruby in _RUBIES
)
#: Larger than the text that GraphQL gives of a file, and smaller than what the reader accepts.
LARGE = lockfile(
    {**_RAILS, **{f"{'in-house-' * 30}{number}": "1.0.0" for number in range(2000)}}, ("json", "pg", "puma")
)
CONFLICT = LOCKFILES[0].replace(b"    json (2.7.1)\n", b"<<<<<<< HEAD\n    json (2.7.1)\n=======\n>>>>>>> main\n")
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a21" * 10 + b"cafe\nsize 18311\n"
BINARY = bytes(range(256)) * 8
LATIN_1 = LOCKFILES[12].replace(b"rubygems.org/", b"rubygems.org/caf\xe9/")
CUT_SPEC = LOCKFILES[24].replace(b"    oj (3.16.0)\n", b"    oj 3.16.0\n")
CRLF = LOCKFILES[36].replace(b"\n", b"\r\n")

_WORKFLOW = b"""\
on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: ruby/setup-ruby@v1
        with:
          ruby-version: "%s"
          bundler-cache: true
"""
_SETTINGS = b"""\
fail-on = "high"

[environment]
features = ["fork"]

[[ignore]]
id = "GMSA-2026-0001"
reason = "closures are made once, at the start"
"""
WRONG_SETTINGS = b'[policy]\nfail-on = "high"\n'
_DOCKERFILES = (
    b"FROM ruby:3.3.0-alpine\nWORKDIR /app\nCOPY . .\nRUN bundle install\n",
    b"FROM ruby:3.4.4-slim AS build\nRUN bundle install\nFROM ruby:3.4.4-slim\nCOPY --from=build /app /app\n",
    b"ARG RUBY=3.2.2\nFROM ruby:${RUBY}\nRUN bundle install\n",
)
#: Files beside a lockfile that say where its bundle runs.
_SURROUNDINGS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("Dockerfile", _DOCKERFILES),
    (".ruby-version", (b"3.2.2\n", b"3.4.4\n")),
    (".tool-versions", (b"ruby 3.3.0\nnodejs 20.11.0\n",)),
    (".github/workflows/ci.yml", (_WORKFLOW % b"3.3", _WORKFLOW % b"3.4.4")),
    (".gemaudit.toml", (_SETTINGS,)),
    ("Procfile", (b"web: bundle exec puma -w 2\n",)),
)
_OTHERS = (
    ("README.md", b"# A service\n"),
    ("Rakefile", b"task :default\n"),
    ("app/models/user.rb", b"class User\nend\n"),
    ("config/database.yml", b"test:\n  adapter: postgresql\n"),
    ("lib/tasks/seed.rake", b"task :seed\n"),
)


def project(chance: random.Random, content: bytes, name: str = "Gemfile.lock", folder: str = "") -> dict[str, Entry]:
    """A bundle in a folder, with some of the files that lie around one."""
    manifest = "gems.rb" if name == "gems.locked" else "Gemfile"
    files = {name: content, manifest: b'source "https://rubygems.org"\n', **dict(chance.sample(_OTHERS, 2))}
    for place, texts in _SURROUNDINGS:
        if chance.random() < (0.5 if place == "Dockerfile" else 0.2):
            files[place] = chance.choice(texts)
    return {folder + place: Entry(text) for place, text in files.items()}


def without_ruby(chance: random.Random) -> dict[str, Entry]:
    """A repository in another language."""
    number = chance.randrange(1000)
    package = Entry(b'{"name": "page-%d", "private": true}\n' % number)
    return {"package.json": package, "src/index.ts": Entry(b"export {};\n"), "README.md": Entry(b"# A page\n")}
