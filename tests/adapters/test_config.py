"""`.gemaudit.toml`: what it may say, what it means, and where it is wrong."""

import datetime
from pathlib import Path

import pytest

from gemaudit.adapters.config import ConfigError, Settings, find_settings, load_settings
from gemaudit.model.policy import Ignore, Policy

WHOLE = """\
fail-on = "high"
strict = true
tolerate = ["crash"]

[environment]
ruby = "3.4.5"
platforms = ["x86_64-linux-musl"]
features = ["threads", "no-ractor"]
jit = ["yjit"]
rubygems = "3.6.9"

[[environments]]
name = "production"
libc = "gnu"

[[ignore]]
id = "GMSA-2026-0001"
reason = " not used here "
until = 2027-03-01
gem = "ffi"
version = "~> 1.17.0"
lockfile = "web/*"

[[ignore]]
id = "CVE-2026-1"
reason = "later"
"""


def load(tmp_path: Path, text: str | bytes, name: str = ".gemaudit.toml") -> Settings:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(file)


def fault(tmp_path: Path, text: str | bytes) -> tuple[str, int, str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    found = caught.value.diagnostic
    assert found.path == (tmp_path / ".gemaudit.toml").as_posix()
    assert found.hint
    return found.code, found.line, found.message


def test_everything(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE)
    path = (tmp_path / ".gemaudit.toml").as_posix()
    assert settings.policy == Policy(
        fail_on="high",
        strict=True,
        tolerated=("crash",),
        ignores=(
            Ignore(
                id="GMSA-2026-0001",
                reason="not used here",
                until=datetime.date(2027, 3, 1),
                gem="ffi",
                version="~> 1.17.0",
                lockfile="web/*",
                path=path,
                line=16,
            ),
            Ignore(id="CVE-2026-1", reason="later", path=path, line=24),
        ),
    )
    common = {(fact.name, fact.value) for fact in settings.stated.config.common}
    assert common == {
        ("engine", "ruby"),
        ("ruby", "3.4.5"),
        ("os", "linux"),
        ("cpu", "x86_64"),
        ("libc", "musl"),
        ("feature", "threads"),
        ("feature", "no-ractor"),
        ("jit", "yjit"),
        ("rubygems", "3.6.9"),
    }
    assert {(fact.path, fact.source) for fact in settings.stated.config.common} == {(path, "config")}
    ((name, facts),) = settings.stated.named
    assert (name, [(fact.name, fact.value, fact.line) for fact in facts.common]) == (
        "production",
        [("os", "linux", 12), ("libc", "gnu", 12)],
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "\ufeffstrict = false\n", "strict = false\r\n"])
def test_what_is_left_out_keeps_its_default(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == Settings()


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ('fail_on = "high"', "unknown-key", 1, "unknown key `fail_on`"),
        ('\nfail-on = "bad"', "wrong-value", 2, "invalid enum value 'bad' in `fail-on`"),
        ('tolerate = ["leaks"]', "wrong-value", 1, "invalid enum value 'leaks' in `tolerate[0]`"),
        ("strict = 1", "wrong-value", 1, "expected `bool`, got `int` in `strict`"),
        ("strict =", "invalid-toml", 1, "this is not TOML: Invalid value"),
        ('[environment]\nname = "x"', "unknown-key", 2, "unknown key `name`"),
        ('[environment]\nfeature = ["ractor"]', "unknown-key", 2, "unknown key `feature`"),
        (
            '[environment]\nfeatures = ["ractors"]',
            "wrong-value",
            1,
            "`ractors` is no feature that advisories know; did you mean `ractor`?",
        ),
        ("[[environments]]", "wrong-value", 1, "object missing required field `name` in `environments[0]`"),
        ('[[environments]]\nname = " "', "wrong-value", 2, "the name of an environment is empty"),
        (
            '[[environments]]\nname = "a"\n[[environments]]\nname = "a"',
            "wrong-value",
            4,
            "`a` names two environments",
        ),
        ('[[ignore]]\nid = "x"', "wrong-value", 1, "object missing required field `reason` in `ignore[0]`"),
        ('[[ignore]]\nid = "x"\nreason = " "', "wrong-value", 3, "an ignore needs a reason that is not empty"),
        (
            '[[ignore]]\nid = "x"\nreason = "y"\nversion = "new"',
            "wrong-value",
            4,
            "malformed requirement `new`",
        ),
        (
            '[[ignore]]\nid = "x"\nreason = "y"\nuntil = 2027-02-30',
            "invalid-toml",
            4,
            "this is not TOML: Invalid date or datetime",
        ),
        (b"\xff", "unreadable-config", 0, "the settings cannot be read: it is not UTF-8 text"),
        (b"#" * (1024 * 1024 + 1), "too-large", 0, "the settings are larger than 1 MiB"),
    ],
    ids=[
        "underscore", "severity", "kind", "type", "syntax", "name", "unknown fact", "feature", "no name", "empty name",
        "same name", "no reason", "empty reason", "version", "date", "bytes", "size",
    ],
)  # fmt: skip
def test_what_is_wrong(tmp_path: Path, text: str | bytes, code: str, line: int, message: str) -> None:
    assert fault(tmp_path, text) == (code, line, message)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(tmp_path / "other.toml")


def test_the_hint_is_about_settings_whatever_the_file_is_called(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "x = 1", "audit.toml")
    assert "docs/configuration.md" in caught.value.diagnostic.hint


class TestFinding:
    """The nearest file counts, no higher than the root of the repository."""

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        (tmp_path / ".gemaudit.toml").touch()
        folder = tmp_path / "repository" / "web" / "app"
        folder.mkdir(parents=True)
        return folder

    def test_above(self, project: Path, tmp_path: Path) -> None:
        assert find_settings(project) == tmp_path / ".gemaudit.toml"

    def test_not_above_the_repository(self, project: Path) -> None:
        (project.parents[1] / ".git").mkdir()
        assert find_settings(project) is None

    def test_at_the_root_of_a_worktree(self, project: Path) -> None:
        (project.parents[1] / ".git").touch()
        (project.parents[1] / ".gemaudit.toml").touch()
        assert find_settings(project) == project.parents[1] / ".gemaudit.toml"

    def test_the_nearest(self, project: Path) -> None:
        (project.parent / ".gemaudit.toml").touch()
        (project / ".gemaudit.toml").touch()
        assert find_settings(project) == project / ".gemaudit.toml"

    def test_a_folder_of_that_name_is_no_file(self, project: Path, tmp_path: Path) -> None:
        (project / ".gemaudit.toml").mkdir()
        assert find_settings(project) == tmp_path / ".gemaudit.toml"

    def test_from_a_relative_path(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(project)
        (project.parent / ".gemaudit.toml").touch()
        found = find_settings(Path())
        assert found is not None
        assert found.resolve() == project.parent / ".gemaudit.toml"
