"""Several processes that work on one stream of tasks; the loss of one costs what it was working on, and no more.

`concurrent.futures` gives up all its processes with the first that dies, and until Python 3.11.5 waits for them forever
where a task was on its way (https://github.com/python/cpython/issues/94777).
"""

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Place = TypeVar("Place")
Task = TypeVar("Task")
Result = TypeVar("Result")

#: A task that ends so many processes would end the next one too.
_ATTEMPTS = 3
#: So many tasks for each process are at hand: in work, or done and waiting for an earlier one.
_AHEAD = 3

# Arrow has threads of its own, which do not survive a fork.
_SPAWN = multiprocessing.get_context("spawn")


class WorkerLostError(RuntimeError):
    """A task ended every process that worked on it; `place` is where it came from."""

    def __init__(self, place: object) -> None:
        super().__init__("a task ended every process that worked on it")
        self.place = place


class Workers(Generic[Task, Result]):
    """Processes that carry out one function.

    Where one ends before its task is done, such as by the kernel that runs out of memory, `lost` is called, another
    takes its place, and the task is done again. None outlives the process that made it by more than its task.
    """

    def __init__(self, function: Callable[[Task], Result], count: int, lost: Callable[[], None]) -> None:
        self._function = function
        self._lost = lost
        self._workers = [_Worker(function) for _ in range(count)]

    def __enter__(self) -> "Workers[Task, Result]":
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, whatever they are doing."""
        for worker in self._workers:
            worker.end()

    def in_order(self, tasks: Iterable[tuple[Place, Task]]) -> Iterator[tuple[Place, Result]]:
        """The results in the order of the tasks, of which few are taken ahead; the places stay in this process.

        Raises WorkerLostError for a task that ends every process that is given it, and what the function raises.
        """
        source = (_Job(place, task) for place, task in tasks)
        at_hand: deque[_Job] = deque()
        while True:
            self._give(source, at_hand)
            if not at_hand:
                return
            if at_hand[0].done:
                job = at_hand.popleft()
                yield job.place, job.result
                continue
            busy = [worker for worker in self._workers if worker.job is not None]
            ready = wait([worker.connection for worker in busy])
            for worker in busy:
                if worker.connection in ready:
                    self._take(worker)

    def _give(self, source: Iterator["_Job"], at_hand: "deque[_Job]") -> None:
        """Give every process that has none a task: one that was lost, or the next."""
        given = {id(worker.job) for worker in self._workers}
        again = deque(job for job in at_hand if not job.done and id(job) not in given)
        for worker in self._workers:
            if worker.job is not None:
                continue
            job = again.popleft() if again else None
            if job is None and len(at_hand) < len(self._workers) * _AHEAD and (job := next(source, None)) is not None:
                at_hand.append(job)
            if job is not None:
                worker.give(job)

    def _take(self, worker: "_Worker") -> None:
        """Take what a process has to say; it may be that it is no more."""
        job, worker.job = worker.job, None
        assert job is not None  # noqa: S101 - for the type
        try:
            worked, answer = worker.connection.recv()
        except (EOFError, OSError):
            worker.end()
            self._workers[self._workers.index(worker)] = _Worker(self._function)
            self._lost()
            job.attempts += 1
            if job.attempts == _ATTEMPTS:
                raise WorkerLostError(job.place) from None
            return
        if not worked:
            raise answer
        job.result, job.done, job.task = answer, True, None


class _Job:
    """A task, and what has become of it."""

    def __init__(self, place: Any, task: Any) -> None:
        self.place = place
        self.task = task
        self.result: Any = None
        self.done = False
        self.attempts = 0


class _Worker:
    """A process, and the job that it has."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.job: _Job | None = None
        self.connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(function, theirs), daemon=True)
        with _undisturbed():
            self._process.start()
        # Now the process has the only other end, and its death is the end of the connection.
        theirs.close()

    def give(self, job: _Job) -> None:
        """Hand a job over; where the process is gone, the connection says so when it is asked."""
        self.job = job
        with contextlib.suppress(OSError):
            self.connection.send(job.task)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


def _work(function: Callable[[Any], Any], connection: Connection) -> None:
    """Carry out task after task, until there is nobody who gives one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = connection.recv()
            try:
                said = (True, function(task))
            except Exception as error:  # noqa: BLE001 - it is raised where the tasks come from
                said = (False, error)
            connection.send(said)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A process that is started here leaves an interrupt to this one, from its first moment on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It starts with the first process, and would let signals through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
