"""The generator of the tables, on a CRuby of a few files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "generate_ruby_tables.py"

COMMON = {
    "lib/rubygems.rb": 'module Gem\n  VERSION = "3.6.9"\nend\n',
    "gems/bundled_gems": "# gem-name version url\nrake 13.0.1 https://example.org\nrbs 3.8.0 https://example.org abc\n",
    # A literal.
    "ext/openssl/openssl.gemspec": 'Gem::Specification.new do |s|\n  s.name = "openssl"\n  s.version = "3.3.0"\nend\n',
    # A literal by way of a variable.
    "ext/io/wait/io-wait.gemspec": '_VERSION = "0.3.2"\nspec.name = "io-wait"\nspec.version = _VERSION\n',
    # A Ruby constant.
    "ext/psych/psych.gemspec": 'require_relative "lib/psych/versions"\ns.version = version_module::Psych::VERSION\n',
    "ext/psych/lib/psych/versions.rb": "  VERSION = '5.2.2'\n",
    # A C macro, and the same without `#define`.
    "ext/strscan/strscan.gemspec": 'v = find do |dir|\n  f.gets("\\n#define STRSCAN_VERSION ")\nend\ns.version = v\n',
    "ext/strscan/strscan.c": '#define STRSCAN_VERSION "3.1.2"\n',
    "ext/stringio/stringio.gemspec": 'v = find do |dir|\n  f.gets("\\nSTRINGIO_VERSION ")\nend\ns.version = v\n',
    "ext/stringio/stringio.c": 'static const char *const\nSTRINGIO_VERSION = "3.1.2";\n',
    # A line of a Ruby file whose name is computed.
    "lib/net/http/net-http.gemspec": (
        'name = File.basename(__FILE__, ".gemspec")\nversion = ["lib"].find do |dir|\n'
        "  File.foreach(File.join(__dir__, dir, \"#{name.tr('-', '/')}.rb\")) do |line|\n"
        '    /^\\s*VERSION\\s*=\\s*"(.*)"/ =~ line and break $1\n  end\nend\nspec.name = name\nspec.version = version\n'
    ),
    "lib/net/http.rb": 'class HTTP\n    VERSION = "0.6.0"\n',
    # A file of its own, a number in pairs, a prerelease.
    "ext/json/json.gemspec": "s.name = 'json'\ns.version = File.read(File.expand_path('../VERSION', __FILE__)).chomp\n",
    "ext/json/VERSION": "2.6.1\n",
    "lib/uri/uri.gemspec": 'require_relative "version"\nspec.name = "uri"\nspec.version = URI::VERSION\n',
    "lib/uri/version.rb": "  VERSION_CODE = '00100002'.freeze\n  VERSION = VERSION_CODE.scan(/../).join('.')\n",
    "lib/un.gemspec": "spec.version = '0.3.0-alpha'\n",
    # Not a default gem: it lies elsewhere.
    "test/other.gemspec": "spec.version = nonsense\n",
}
EXPECTED = {
    "io-wait": "0.3.2",
    "json": "2.6.1",
    "net-http": "0.6.0",
    "openssl": "3.3.0",
    "psych": "5.2.2",
    "stringio": "3.1.2",
    "strscan": "3.1.2",
    "un": "0.3.0.pre.alpha",
    "uri": "0.10.0.2",
}
SITE = {
    "_data/releases.yml": (
        "- version: 3.4.1\n  date: 2024-12-26\n  post: /en/news/2024/12/26/\n"
        "- version: 3.4.0\n  date: 2024-12-25\n  post: /en/news/2024/12/25/\n"
        "- version: 3.4.0-rc1\n  date: 2024-12-12\n  post: /en/news/2024/12/12/\n"
        "- version: 1.9.3-p551\n  date: 2014-11-13\n  post: /en/news/2014/11/13/\n"
    ),
    "_data/branches.yml": "- name: 3.4\n  status: normal maintenance\n  date: 2024-12-25\n  eol_date:\n",
}
ANNOUNCED = """
[[release]]
version = "3.4.2"
by = 2025-02-15
source = "https://example.org/3.4.2"

[[branch]]
name = "3.4"
end_of_life = 2028-03-31
source = "https://example.org/end"
"""


def git(folder: Path, *arguments: str) -> None:
    identity = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "tag.gpgsign=false",
    )
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def commit(folder: Path, files: dict[str, str], tag: str = "") -> None:
    if not (folder / ".git").exists():
        folder.mkdir()
        git(folder, "init", "--quiet")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "some", "--allow-empty")
    if tag:
        git(folder, "tag", tag)


def version_h(teeny: int) -> dict[str, str]:
    return {
        "version.h": f"#define RUBY_VERSION_TEENY {teeny}\n",
        "include/ruby/version.h": "#define RUBY_API_VERSION_MAJOR 3\n#define RUBY_API_VERSION_MINOR 4\n",
    }


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    """A folder with a CRuby of two releases and a website that knows a third one."""
    commit(tmp_path / "ruby", COMMON | version_h(0), "v3_4_0_rc1")
    commit(tmp_path / "ruby", {"ext/openssl/openssl.gemspec": "s.name = 'openssl'\ns.version = '3.3.1'\n"}, "v3_4_0")
    commit(tmp_path / "site", SITE)
    (tmp_path / "announced.toml").write_text(ANNOUNCED, "utf-8")
    (tmp_path / "out").mkdir()
    return tmp_path


def generate(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, str(SCRIPT), "--ruby", str(folder / "ruby"), "--site", str(folder / "site"),
            "--announced", str(folder / "announced.toml"), "--out", str(folder / "out"), "--date", "2025-03-01",
        ],
        check=False, capture_output=True, text=True,
    )  # fmt: skip


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / "out" / name).read_text("utf-8"))


def test_every_form_of_a_version_is_read(clones: Path) -> None:
    done = generate(clones)
    assert (done.returncode, done.stderr) == (0, "")
    table = read(clones, "shipped-gems.json")
    assert table["rubies"] == ["3.4.0.rc1", "3.4.0"]
    assert {name: changes[0] for name, changes in table["default"].items()} == {
        name: [0, version] for name, version in EXPECTED.items()
    }
    assert table["default"]["openssl"] == [[0, "3.3.0"], [1, "3.3.1"]]
    assert table["bundled"] == {"rake": [[0, "13.0.1"]], "rbs": [[0, "3.8.0"]]}
    assert table["rubygems_changes"] == [[0, "3.6.9"]]


def test_releases_say_what_they_rest_on(clones: Path) -> None:
    generate(clones)
    table = read(clones, "ruby-releases.json")
    assert table["generated"] == "2025-03-01"
    assert table["releases"] == [
        {"version": "3.4.0.rc1", "date": "2024-12-12", "seen": "v3_4_0_rc1"},
        {"version": "3.4.0", "date": "2024-12-25", "seen": "v3_4_0"},
        {"version": "3.4.1", "date": "2024-12-26", "source": "https://www.ruby-lang.org/en/news/2024/12/26/"},
        {"version": "3.4.2", "date": "2025-02-15", "date_is_latest": True, "source": "https://example.org/3.4.2"},
    ]
    assert table["branches"] == [
        {
            "name": "3.4",
            "status": "normal",
            "end_of_life": "2028-03-31",
            "end_is_expected": True,
            "newest": "3.4.2",
            "source": "https://example.org/end",
        }
    ]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"lib/odd.gemspec": "s.version = compute_it(1)\n"}, "3.4.0: lib/odd.gemspec: `compute_it(1)` is no known way"),
        ({"lib/odd.gemspec": "s.name = 'odd'\n"}, "3.4.0: lib/odd.gemspec: no version is assigned"),
        ({"lib/odd.gemspec": "s.version = Odd::VERSION\n"}, "3.4.0: lib/odd.gemspec: none of the files"),
        ({"lib/odd.gemspec": "s.version = elsewhere\n"}, "3.4.0: lib/odd.gemspec: `elsewhere` is assigned nowhere"),
        ({"lib/rubygems.rb": "\n"}, "3.4.0: lib/rubygems.rb defines no `VERSION`"),
        (version_h(7), "v3_4_0: `version.h` says 3.4.7, not 3.4.0"),
    ],
)
def test_what_cannot_be_read_stops_it(clones: Path, files: dict[str, str], complaint: str) -> None:
    git(clones / "ruby", "tag", "--delete", "v3_4_0")
    commit(clones / "ruby", files, "v3_4_0")
    done = generate(clones)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert list((clones / "out").iterdir()) == []


def test_an_announcement_that_the_website_has_overtaken_is_refused(clones: Path) -> None:
    (clones / "announced.toml").write_text(ANNOUNCED.replace("3.4.2", "3.4.1"), "utf-8")
    done = generate(clones)
    assert done.returncode == 1
    assert "the website knows 3.4.1 by now" in done.stderr


def test_a_release_without_a_tag_is_found_by_an_announced_commit(clones: Path) -> None:
    commit(clones / "ruby", version_h(1))
    head = subprocess.run(
        ["git", "-C", str(clones / "ruby"), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (clones / "announced.toml").write_text(f'{ANNOUNCED}\n[[commit]]\nversion = "3.4.1"\nid = "{head}"\n', "utf-8")
    assert generate(clones).returncode == 0
    assert read(clones, "shipped-gems.json")["rubies"] == ["3.4.0.rc1", "3.4.0", "3.4.1"]
    assert read(clones, "ruby-releases.json")["releases"][2]["seen"] == head


def test_a_folder_that_is_no_clone_is_refused(clones: Path) -> None:
    (clones / "site" / ".git").rename(clones / "gone")
    done = generate(clones)
    assert done.returncode == 1
    assert "error: " in done.stderr
