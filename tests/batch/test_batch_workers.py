"""Processes that are killed in the middle of their work."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gemaudit.batch.workers import WorkerLostError, Workers


def work(task: tuple[int, str]) -> int:
    """Ten times the number; a task that names a file kills its process until the file is there."""
    number, marker = task
    if marker and not Path(marker).exists():
        if not marker.endswith("never"):
            Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * 10


def ignore() -> None:
    pass


def test_results_stand_in_the_order_of_the_tasks() -> None:
    with Workers(work, 2, ignore) as workers:
        done = list(workers.in_order((f"place {number}", (number, "")) for number in range(20)))
        assert done == [(f"place {number}", number * 10) for number in range(20)]
        assert list(workers.in_order([])) == []


def test_what_a_killed_process_worked_on_is_done_again(tmp_path: Path) -> None:
    lost: list[int] = []
    deadly = {4: str(tmp_path / "first"), 9: str(tmp_path / "second")}
    with Workers(work, 2, lambda: lost.append(1)) as workers:
        done = list(workers.in_order((number, (number, deadly.get(number, ""))) for number in range(12)))
    assert done == [(number, number * 10) for number in range(12)]
    assert len(lost) == 2


def test_only_what_a_process_worked_on_is_done_again(tmp_path: Path) -> None:
    with Workers(count, 3, ignore) as workers:
        done = list(workers.in_order((number, (number, str(tmp_path))) for number in range(12)))
    assert [place for place, _ in done] == list(range(12))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["5.1", *(f"{number}.0" for number in range(12))])


def test_tasks_and_results_of_megabytes_survive_a_kill(tmp_path: Path) -> None:
    tasks = [(number, bytes(4_000_000) if number != 2 else str(tmp_path / "first")) for number in range(6)]
    with Workers(copy, 2, ignore) as workers:
        done = list(workers.in_order(tasks))
    assert [(place, len(result)) for place, result in done] == [(number, 4_000_000) for number in range(6)]


def count(task: tuple[int, str]) -> None:
    """Leave a trace of each attempt; the first at number 5 ends its process."""
    number, folder = task
    attempt = len(list(Path(folder).glob(f"{number}.*")))
    Path(folder, f"{number}.{attempt}").touch()
    if (number, attempt) == (5, 0):
        os.kill(os.getpid(), signal.SIGKILL)


def copy(task: bytes | str) -> bytes:
    """The same bytes; a name kills its process the first time."""
    if isinstance(task, str):
        if not Path(task).exists():
            Path(task).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return bytes(4_000_000)
    return task


def test_a_task_that_kills_every_process_is_named(tmp_path: Path) -> None:
    tasks = [("there", (number, "")) for number in range(9)]
    tasks[3] = ("here", (3, str(tmp_path / "never")))
    with Workers(work, 2, ignore) as workers, pytest.raises(WorkerLostError) as raised:
        list(workers.in_order(tasks))
    assert raised.value.place == "here"


def test_a_fault_is_no_loss() -> None:
    with Workers(work, 2, lambda: pytest.fail("nothing was lost")) as workers:
        with pytest.raises(ValueError, match="-1 is negative"):
            list(workers.in_order([("", (-1, ""))]))
        assert list(workers.in_order([("", (1, ""))])) == [("", 10)]


def test_few_tasks_are_taken_ahead() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[tuple[str, tuple[int, str]]]:
        for number in range(100):
            taken.append(number)
            yield "", (number, "")

    with Workers(work, 2, ignore) as workers:
        assert next(workers.in_order(tasks())) == ("", 0)
        assert len(taken) <= 6


def test_processes_end_with_the_one_that_made_them(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal, time\n"
        "from gemaudit.batch.workers import Workers\n"
        "if __name__ == '__main__':\n"
        "    workers = Workers(abs, 2, print)\n"
        "    print(list(workers.in_order([('', -1), ('', -2)])), flush=True)\n"
        "    time.sleep(60)\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"[('', 1), ('', 2)]\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) >= 2
        parent.kill()
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert (len(gone), alive) == (len(children), [])
