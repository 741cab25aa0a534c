"""The file itself: who may open it, what is wrong with it, and what is left of it when a process is killed."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scan_samples import HOST, files, held, no_end, scan, settled

from gemaudit.adapters.scans import schema
from gemaudit.adapters.scans.store import Scans, ScansError

NOBODY = 65534
FIXTURES = Path(__file__).parent / "schema"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scans.sqlite"


def filled(path: Path) -> Path:
    with Scans.open(path) as scans:
        begun = scans.begin(scan())
        for index in range(30):
            scans.settle(begun, settled(f"repo-{index}", held("A"), held("B"), files=files("a")))
        scans.finish(begun, requests=1, problems=(), finished="2026-12-01T03:00:00Z")
    return path


def refusal(path: Path, *, write: bool = True) -> ScansError:
    with pytest.raises(ScansError) as caught:
        Scans.open(path, write=write).close()
    error = caught.value
    assert error.path == path.as_posix()
    assert error.hint
    assert error.diagnostic().hint == error.hint
    return error


@contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions mean nothing to root, so that these tests run as somebody else there."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name).resolve()
        place.chmod(0o755)
        yield place


class TestOpening:
    def test_it_is_for_its_owner_only(self, path: Path) -> None:
        with Scans.open(path) as scans:
            scans.begin(scan())
            assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}

    def test_its_folder_is_made(self, tmp_path: Path) -> None:
        assert filled(tmp_path / "a" / "b" / "scans.sqlite").exists()

    def test_signs_in_its_name_mean_nothing(self, tmp_path: Path) -> None:
        path = filled(tmp_path / "a b?mode=memory#%41'.sqlite")
        with Scans.open(path, write=False) as scans:
            assert len(scans.scans()) == 1
        assert {one.name for one in tmp_path.iterdir()} == {path.name, f"{path.name}.lock"}

    def test_nothing_but_the_file_and_its_lock_is_left(self, path: Path) -> None:
        filled(path)
        assert {one.name for one in path.parent.iterdir()} == {"scans.sqlite", "scans.sqlite.lock"}
        assert path.with_name("scans.sqlite.lock").read_bytes() == b""

    def test_what_is_to_be_read_must_be_there(self, path: Path) -> None:
        error = refusal(path, write=False)
        assert (error.code, "`gemaudit org ORG`" in error.hint) == ("missing-scans", True)
        path.touch()
        assert refusal(path, write=False).code == "missing-scans"

    def test_an_empty_file_becomes_one(self, path: Path) -> None:
        path.touch()
        filled(path)

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        assert "no regular file" in refusal(tmp_path).message

    def test_a_pipe_does_not_make_it_wait(self, path: Path) -> None:
        os.mkfifo(path)
        assert refusal(path, write=False).code == "unreadable-scans"

    def test_reading_changes_nothing(self, path: Path) -> None:
        filled(path)
        with Scans.open(path, write=False) as scans, pytest.raises(ScansError, match="cannot be written"):
            scans.begin(scan(2))

    def test_a_folder_that_cannot_be_written(self, folder: Path) -> None:
        with unprivileged():
            assert refusal(folder / "scans.sqlite").code == "unwritable-scans"
            assert refusal(folder / "sub" / "scans.sqlite").code == "unwritable-scans"

    def test_it_is_read_in_a_folder_that_cannot_be_written(self, folder: Path) -> None:
        path = filled(folder / "scans.sqlite")
        path.chmod(0o644)
        folder.chmod(0o555)
        with unprivileged():
            with Scans.open(path, write=False) as scans:
                assert len(scans.scans()) == 1
            assert refusal(path).code == "unwritable-scans"
        folder.chmod(0o755)

    def test_what_may_not_be_read_is_said_so(self, folder: Path) -> None:
        path = filled(folder / "scans.sqlite")
        path.chmod(0o000)
        with unprivileged():
            assert refusal(path, write=False).code == "unreadable-scans"


class TestDamage:
    @pytest.mark.parametrize("content", [b"no database at all\n" * 100, b"x"], ids=["long", "short"])
    @pytest.mark.parametrize("write", [True, False])
    def test_what_is_no_database_stays_as_it_is(self, path: Path, content: bytes, write: bool) -> None:
        path.write_bytes(content)
        assert refusal(path, write=write).code == "foreign-scans"
        assert path.read_bytes() == content

    def test_the_database_of_another_program_stays_as_it_is(self, path: Path) -> None:
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE mine (x)")
        other.close()
        content = path.read_bytes()
        assert refusal(path).code == "foreign-scans"
        assert path.read_bytes() == content

    @pytest.mark.parametrize("write", [True, False])
    @pytest.mark.parametrize("left", [0.5, 0.001], ids=["half", "a-few-bytes"])
    def test_one_that_is_cut_off(self, path: Path, write: bool, left: float) -> None:
        filled(path)
        os.truncate(path, int(path.stat().st_size * left))
        error = refusal(path, write=write)
        assert error.code == "damaged-scans"
        assert "mv " in error.hint

    def test_damage_within_is_told_when_it_is_met(self, path: Path) -> None:
        filled(path)
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (path.stat().st_size - 4096))
        with pytest.raises(ScansError) as caught, Scans.open(path, write=False) as scans:
            scans.scans()
        assert caught.value.code == "damaged-scans"

    @pytest.mark.parametrize(
        ("statement", "read"),
        [
            ("UPDATE repository SET listing = x'7b'", lambda scans: scans.last(f"{HOST}/repo-1")),
            ("UPDATE audit SET upgrades = x'5b7b7d5d'", lambda scans: scans.survey(scans.latest(), no_end)),
            ("INSERT INTO blob VALUES ('o', 3, x'00')", lambda scans: scans.contents(["o"])),
            ("UPDATE finding SET title = CAST(x'ff' AS TEXT)", lambda scans: scans.survey(scans.latest(), no_end)),
        ],
        ids=["listing", "upgrades", "blob", "title"],
    )
    def test_values_that_nobody_wrote(self, path: Path, statement: str, read: Callable[[Scans], object]) -> None:
        filled(path)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute(statement)
        other.close()
        with Scans.open(path) as scans, pytest.raises(ScansError) as caught:
            read(scans)
        assert caught.value.code == "damaged-scans"


class TestOneWriter:
    def test_a_second_is_refused_at_once(self, path: Path) -> None:
        with Scans.open(path):
            began = time.monotonic()
            error = refusal(path)
            assert (error.code, time.monotonic() - began < 2) == ("locked-scans", True)
        filled(path)

    def test_by_whatever_name_it_goes(self, path: Path) -> None:
        link = path.with_name("link")
        link.symlink_to(path)
        with Scans.open(path), pytest.raises(ScansError, match="another scan"):
            Scans.open(link)

    def test_in_another_process_too(self, path: Path) -> None:
        with Scans.open(path):
            code = "import sys; from pathlib import Path; from gemaudit.adapters.scans.store import Scans; "
            command = [sys.executable, "-c", code + "Scans.open(Path(sys.argv[1]))", str(path)]
            opened = subprocess.run(command, capture_output=True, check=False)
        assert b"another scan is writing" in opened.stderr

    def test_others_read_meanwhile(self, path: Path) -> None:
        filled(path)
        with Scans.open(path) as writing, Scans.open(path, write=False) as reading:
            begun = writing.begin(scan(2))
            writing.settle(begun, settled("new", held()))
            assert reading.latest() == begun
            assert [one.repository.name for one in reading.results(begun)] == ["acme/new"]


_WRITES = """
import itertools, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scan_samples import files, held, scan, settled
from gemaudit.adapters.scans.store import Scans
with Scans.open(Path(sys.argv[1])) as scans:
    begun = scans.begin(scan())
    print("begun", flush=True)
    for turn in itertools.count():
        number = turn % 9
        found = [held(f"GMSA-{turn}-{index}") for index in range(number)]
        scans.keep({f"oid-{turn}": b"x" * 5000})
        read = files(*map(str, range(number)))
        scans.settle(begun, settled(f"repo-{turn % 20}", *found, files=read, basis=str(turn)))
"""


def test_a_process_that_is_killed_leaves_every_repository_whole_and_no_lock(path: Path) -> None:
    for delay in (0.0, 0.01, 0.03, 0.08, 0.2):
        writing = subprocess.Popen(
            [sys.executable, "-c", _WRITES, path, Path(__file__).parent], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        with writing:
            assert writing.stdout is not None
            assert writing.stdout.readline() == b"begun\n"
            time.sleep(delay)
            writing.send_signal(signal.SIGKILL)
        with Scans.open(path) as scans:
            with scans._file.reading() as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            (begun,) = scans.scans()
            assert scans.begin(scan()) == begun
            for result in scans.results(begun):
                turn = scans.known([result.repository.id])[result.repository.id].basis
                expected = {f"GMSA-{turn}-{index}" for index in range(int(turn) % 9)}
                assert {one.advisory for one in result.held} == expected
                assert len(scans.files(result.repository.id)) == len(expected)


def tables(path: Path) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
    connection.close()
    return found


class TestReleases:
    def test_a_file_of_a_later_release_is_refused(self, path: Path) -> None:
        filled(path)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
        for write in (True, False):
            error = refusal(path, write=write)
            assert (error.code, "pip install --upgrade" in error.hint) == ("later-scans", True)
            assert "99" in error.message

    def test_there_is_a_file_of_every_release(self) -> None:
        assert {one.stem for one in FIXTURES.iterdir()} == {f"version-{n + 1}" for n in range(len(schema.MIGRATIONS))}

    @pytest.mark.parametrize("old", sorted(FIXTURES.iterdir()), ids=lambda old: old.stem)
    @pytest.mark.parametrize("write", [True, False])
    def test_a_file_of_an_older_release_is_brought_up_to_date(self, path: Path, old: Path, write: bool) -> None:
        connection = sqlite3.connect(path)
        connection.executescript(old.read_text(encoding="utf-8"))
        connection.close()
        with Scans.open(path, write=write) as scans:
            (one,) = scans.scans()
            assert [result.repository.name for result in scans.results(one)] == ["acme/api", "acme/web"]
            survey = scans.survey(one, no_end)
            assert (survey.counts.affected, survey.levers[0].package) == ({"high": 1}, "ffi")
            assert scans.files(f"{HOST}/api") == files("Gemfile.lock")
        fresh = path.with_name("fresh.sqlite")
        Scans.open(fresh).close()
        assert tables(path) == tables(fresh)

    @pytest.mark.parametrize("write", [True, False])
    def test_a_step_that_adds_something(self, path: Path, write: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        filled(path)
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "ALTER TABLE scan ADD COLUMN note TEXT;"))
        monkeypatch.setattr("gemaudit.adapters.scans.opening.MIGRATIONS", schema.MIGRATIONS)
        with Scans.open(path, write=write) as scans, scans._file.reading() as db:
            assert db.execute("SELECT note FROM scan").fetchall() == [(None,)]
            assert db.execute("PRAGMA user_version").fetchone() == (2,)
        Scans.open(path).close()

    def test_a_step_that_fails_leaves_the_file_as_it_was(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        filled(path)
        before = tables(path)
        broken = "ALTER TABLE scan ADD COLUMN note TEXT; INSERT INTO nowhere VALUES (1);"
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            Scans.open(path)
        monkeypatch.undo()
        assert tables(path) == before
        Scans.open(path).close()


def test_a_full_disk_is_said_so(path: Path) -> None:
    filled(path)
    with Scans.open(path) as scans:
        begun = scans.begin(scan(2))
        with scans._file.reading() as db:
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ScansError, match="disk is full") as caught:
            scans.settle(begun, settled("large", *(held(f"A{number}") for number in range(2000))))
        assert caught.value.code == "full-disk"
        assert list(scans.results(begun)) == []
