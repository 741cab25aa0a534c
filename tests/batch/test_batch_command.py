"""`gemaudit batch`: from Parquet to Parquet, whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_texts import ADVISORIES, lockfile, small_database, texts

from gemaudit.batch.arrow import SCHEMA, judge_array
from gemaudit.batch.corpus import Wanted, judge_corpus
from gemaudit.batch.jobs import Job, jobs_for
from gemaudit.batch.parquet import ParquetError, pieces, writing
from gemaudit.cli.app import app
from gemaudit.cli.exit_codes import ExitCode

COUNT = 40


def table(count: int = COUNT, start: int = 0) -> Any:
    return pa.table({"id": pa.array(range(start, start + count)), "lockfile": pa.array(texts(count), pa.string())})


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.parquet"
    pq.write_table(table(), path, row_group_size=13)
    return path


def run(*arguments: str | Path | int, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code of a command in this process, and what it says on stderr; on stdout it says nothing."""
    with pytest.raises(SystemExit) as left:
        app(["batch", *map(str, arguments)])
    printed = capsys.readouterr()
    assert printed.out == ""
    return int(left.value.code or 0), printed.err


def command(*arguments: str | Path | int) -> list[str]:
    return [sys.executable, "-m", "gemaudit", "batch", *map(str, arguments)]


def test_a_file_becomes_a_file(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "answers.parquet"
    code, said = run(corpus, "--column", "lockfile", "--keep", "id", "-o", output, "--workers", 1, capsys=capsys)
    assert code == ExitCode.CLEAN
    answers = pq.read_table(output)
    assert answers.schema.names == ["id", *SCHEMA.names]
    assert answers.schema.metadata == SCHEMA.metadata
    assert answers["id"].to_pylist() == list(range(COUNT))
    assert answers.select(SCHEMA.names).equals(pa.Table.from_batches([judge_array(table()["lockfile"])]))
    assert said.startswith("40 rows: 36 audited, 2 unreadable, 1 empty, 1 missing\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.parquet", "corpus.parquet"]
    assert output.stat().st_mode & 0o777 == corpus.stat().st_mode & 0o777


def test_what_is_stated_counts(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "answers.parquet"
    stated = ("--ruby", "3.4.5", "--platform", "x86_64-linux-musl", "--feature", "ractor", "--db", ADVISORIES)
    code, _ = run(corpus, "--column", "lockfile", "-o", output, "--workers", 1, *stated, capsys=capsys)
    assert code == ExitCode.CLEAN
    said = judge_array(
        table()["lockfile"],
        ruby="3.4.5",
        platform="x86_64-linux-musl",
        features=["ractor"],
        database=small_database(),
    )
    assert pq.read_table(output).equals(pa.Table.from_batches([said]))


def test_a_folder_becomes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, start in (("day=1/a.parquet", 0), ("day=2/a.parquet", 50)):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        pq.write_table(table(8, start), tmp_path / "in" / name)
    for name in ("_SUCCESS", "_temporary.parquet", ".a.parquet.crc", "notes.txt", "_attempt/b.parquet"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("no Parquet")
    output = tmp_path / "out"
    code, _ = run(tmp_path / "in", "--column", "lockfile", "--keep", "id", "-o", output, "--workers", 1, capsys=capsys)
    assert code == ExitCode.CLEAN
    written = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    assert written == ["day=1/a.parquet", "day=2/a.parquet"]
    assert pq.ParquetFile(output / "day=2" / "a.parquet").read()["id"].to_pylist() == list(range(50, 58))


def test_several_files_become_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, kind in enumerate((pa.string(), pa.large_binary())):
        one = table(6, 10 * number)
        pq.write_table(one.set_column(1, "lockfile", one["lockfile"].cast(kind)), tmp_path / f"{number}.parquet")
    output = tmp_path / "all.parquet"
    given = (tmp_path / "1.parquet", tmp_path / "0.parquet")
    code, said = run(*given, "--column", "lockfile", "--keep", "id", "-o", output, "--workers", 1, capsys=capsys)
    assert (code, said.partition(":")[0]) == (ExitCode.CLEAN, "12 rows")
    assert pq.read_table(output)["id"].to_pylist() == [*range(10, 16), *range(6)]


@pytest.mark.parametrize("rows", [[], [None, None], [""]], ids=["no rows", "nothing but null", "an empty one"])
def test_a_corpus_without_a_lockfile(
    rows: list[str | None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(pa.table({"lockfile": pa.array(rows, pa.string())}), tmp_path / "in.parquet")
    output = tmp_path / "out.parquet"
    code, _ = run(tmp_path / "in.parquet", "--column", "lockfile", "-o", output, "--workers", 1, capsys=capsys)
    assert code == ExitCode.NOTHING
    assert pq.read_table(output).num_rows == len(rows)


def _folder_of_two(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pq.write_table(table(1), tmp_path / name / "x.parquet")


REFUSED = {
    "no such column": (
        "c.parquet --column lock -o o.parquet",
        ["no column `lock`", "hint: there are `id`, `loc"],
    ),
    "none to keep": ("c.parquet --column lockfile --keep repo -o o.parquet", ["no column `repo`", "`id`, `lockfile`"]),
    "a column of numbers": ("c.parquet --column id -o o.parquet", ["the column `id` holds int64", "strings or bytes"]),
    "no Parquet": ("x.parquet --column id -o o.parquet", ["`x.parquet` is no Parquet, or damaged", "hint: name"]),
    "no file": ("y.parquet --column id -o o.parquet", ["`y.parquet` cannot be read: No such file", "hint: name"]),
    "an empty folder": ("empty --column id -o o.parquet", ["there is no Parquet file in `empty`", "hint: its files"]),
    "no place to write": (
        "c.parquet --column lockfile -o x.parquet/o.parquet",
        ["`x.parquet/o.parquet` cannot be written", "hint: name a place"],
    ),
    "a folder in the way": ("c.parquet --column lockfile -o d.parquet", ["cannot be written: Is a directory"]),
    "stdout": ("c.parquet --column lockfile -o -", ["Parquet is not written to stdout", "hint: name a file"]),
    "itself": ("c.parquet --column lockfile -o ./c.parquet", ["`c.parquet` is part of what is read", "hint: name an"]),
    "below itself": ("a --column lockfile -o a/out", ["`a/out/x.parquet` is part of what is read"]),
    "one target for two": (
        "a/x.parquet b/x.parquet --column lockfile -o out",
        ["`a/x.parquet` and `b/x.parquet` would both be written to `out/x.parquet`", "hint: write one file"],
    ),
    "types that differ": (
        "c.parquet s.parquet --column lockfile --keep id -o o.parquet",
        ["`c.parquet` and `s.parquet` have different types for the columns that are kept", "hint: keep others"],
    ),
    "no Ruby": ("c.parquet --column lockfile -o o.parquet --ruby three", ["names no Ruby", "gemaudit batch --help"]),
    "a name that is taken": ("t.parquet --column lockfile --keep status -o o.parquet", ["cannot be kept", "rename it"]),
}


@pytest.mark.parametrize(("line", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_a_hint(
    line: str, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(table(2), tmp_path / "c.parquet")
    pq.write_table(pa.table({"id": ["a"], "lockfile": ["b"]}), tmp_path / "s.parquet")
    pq.write_table(pa.table({"status": ["a"], "lockfile": ["b"]}), tmp_path / "t.parquet")
    (tmp_path / "x.parquet").write_text("PAR1 but only at first sight")
    (tmp_path / "empty").mkdir()
    (tmp_path / "d.parquet").mkdir()
    _folder_of_two(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    code, printed = run(*line.split(), "--workers", "1", capsys=capsys)
    assert code == ExitCode.UNUSABLE
    assert printed.startswith("error[usage]: ")
    assert [words for words in said if words not in printed] == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_database_that_is_none(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(corpus, "--column", "lockfile", "-o", tmp_path / "o.parquet", "--db", corpus, capsys=capsys)
    assert code == ExitCode.DATABASE


def test_a_file_that_is_damaged_further_in_leaves_nothing(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(corpus.read_bytes())
    start = pq.ParquetFile(corpus).metadata.row_group(2).column(1).data_page_offset
    content[start : start + 200] = bytes(200)
    corpus.write_bytes(content)
    output = tmp_path / "answers.parquet"
    output.write_text("what was there before")
    code, said = run(corpus, "--column", "lockfile", "-o", output, "--workers", 1, capsys=capsys)
    assert code == ExitCode.UNUSABLE
    assert "is no Parquet, or damaged" in said
    assert output.read_text() == "what was there before"
    assert len(list(tmp_path.iterdir())) == 2


def test_without_the_extra_the_command_says_which(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("gemaudit.batch.arrow", "gemaudit.batch.parquet", "gemaudit.batch.corpus", "gemaudit.batch.jobs"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, said = run(corpus, "--column", "lockfile", "-o", "o.parquet", capsys=capsys)
    assert code == ExitCode.UNUSABLE
    assert said.startswith("error[usage]: this command needs `pyarrow`, which is not installed\n")
    assert said.endswith("hint: run `pip install 'gemaudit[arrow]'`\n")


def test_processes_say_what_one_process_says(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(table(300), source, row_group_size=50)
    answers = []
    for workers in (1, 2):
        job = Job((source,), tmp_path / f"{workers}.parquet")
        some = list(judge_corpus([job], Wanted(column="lockfile", keep=("id",)), workers=workers, lost=pytest.fail))
        assert sum(counts["rows"] for counts in some) == 300
        answers.append(pq.read_table(job.target))
    assert answers[0].equals(answers[1])


def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path: Path) -> None:
    source, output = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table(400), source)
    arguments = command(source, "--column", "lockfile", "--keep", "id", "-o", output, "--workers", 2)
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        os.kill(_a_worker_of(running), signal.SIGKILL)
        _, said = running.communicate(timeout=120)
    assert running.returncode == ExitCode.CLEAN
    assert said.startswith("warning[worker-lost]: ")
    answers = pq.read_table(output)
    assert answers["id"].to_pylist() == list(range(400))
    assert answers.select(SCHEMA.names).equals(pa.Table.from_batches([judge_array(table(400)["lockfile"])]))


def test_an_interrupt_leaves_neither_files_nor_processes(tmp_path: Path) -> None:
    source, output = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table(400), source)
    arguments = command(source, "--column", "lockfile", "-o", output, "--workers", 2)
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        _a_worker_of(running)
        children = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=120)
    assert running.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == [source]
    assert psutil.wait_procs(children, timeout=20)[1] == []


def _a_worker_of(running: "subprocess.Popen[str]") -> int:
    """The process id of a worker, as soon as it is there."""
    for _ in range(2_400):
        for child in psutil.Process(running.pid).children():
            if any("spawn_main" in word for word in child.cmdline()):
                return int(child.pid)
        time.sleep(0.05)
    raise AssertionError("no worker was started")


def test_a_row_group_is_read_in_pieces(tmp_path: Path) -> None:
    large = [lockfile(number) + "#" * 20 * 1024 for number in range(400)]
    pq.write_table(pa.table({"lockfile": large}), tmp_path / "in.parquet")
    found = list(pieces(tmp_path / "in.parquet", "lockfile", ()))
    assert [piece.first for piece in found] == [sum(one.batch.num_rows for one in found[:k]) for k in range(len(found))]
    assert max(piece.batch.nbytes for piece in found) < 6 * 1024 * 1024
    assert [text for piece in found for text in piece.batch["lockfile"].to_pylist()] == large


def test_row_groups_are_of_a_size_that_readers_like(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    batch = judge_array(pa.array(texts(20)))
    with writing(path, SCHEMA) as file:
        for _ in range(50):
            file.add(batch)
    metadata = pq.ParquetFile(path).metadata
    assert (metadata.num_rows, metadata.num_row_groups) == (1_000, 1)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_text("before")

    def half() -> None:
        with writing(path, SCHEMA) as file:
            file.add(judge_array(pa.array(texts(3))))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        half()
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("out.parquet", "before")]


def test_a_full_disk_is_named() -> None:
    with pytest.raises(ParquetError, match="cannot be written"), writing(Path("/proc/out.parquet"), SCHEMA):
        pass


def test_a_link_does_not_hide_an_input(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "link.parquet").symlink_to(corpus)
    with pytest.raises(ParquetError, match="part of what is read"):
        jobs_for([corpus], tmp_path / "link.parquet")
