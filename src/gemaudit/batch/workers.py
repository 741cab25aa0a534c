"""Several processes that work on one stream of tasks; the loss of one costs little more than what it was working on."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

Place = TypeVar("Place")
Task = TypeVar("Task")
Result = TypeVar("Result")

#: A task that ends so many processes, with nothing else going on, would end the next one too.
_ATTEMPTS = 2
#: So many tasks for each process are on their way, so that none waits for its next.
_AHEAD = 2


class WorkerLostError(RuntimeError):
    """A task ended every process that worked on it; `place` is where it came from."""

    def __init__(self, place: object) -> None:
        super().__init__("a task ended every process that worked on it")
        self.place = place


class Workers(Generic[Task, Result]):
    """Processes that carry out one function.

    Where one ends before its task is done, such as by the kernel that runs out of memory, `lost` is called and the
    tasks at hand are done again. None outlives the process that made it.
    """

    def __init__(self, function: Callable[[Task], Result], count: int, lost: Callable[[], None]) -> None:
        self._function = function
        self._count = count
        self._lost = lost
        # Its one writer is here, so that its readers learn of the end of this process, however it comes.
        self._lifeline, self._hold = multiprocessing.Pipe(duplex=False)
        self._pool = self._opened()

    def __enter__(self) -> "Workers[Task, Result]":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes: after the tasks at hand, or at once where something went wrong."""
        if kind is not None:
            self._hold.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._hold.close()
        self._lifeline.close()

    def in_order(self, tasks: Iterable[tuple[Place, Task]]) -> Iterator[tuple[Place, Result]]:
        """The results in the order of the tasks, of which few are taken ahead; the places stay in this process.

        Raises WorkerLostError for a task that ends processes even when it is alone with them.
        """
        source = iter(tasks)
        pending: deque[tuple[Place, Task, Future[Result]]] = deque()
        while True:
            while len(pending) < self._count * _AHEAD and (taken := next(source, None)) is not None:
                pending.append((*taken, self._submit(taken[1])))
            if not pending:
                return
            place, task, future = pending.popleft()
            if not _is_lost(future):
                yield place, future.result()
                continue
            self._reopen()
            # Nobody knows which of the tasks it was, so each that is not done has a process for itself.
            suspects = [(place, task, future), *pending]
            pending.clear()
            for one, again, before in suspects:
                yield one, self._alone(one, again) if _is_lost(before) else before.result()

    def _alone(self, place: object, task: Task) -> Result:
        for _ in range(_ATTEMPTS):
            future = self._submit(task)
            if not _is_lost(future):
                return future.result()
            self._reopen()
        raise WorkerLostError(place)

    def _submit(self, task: Task) -> "Future[Result]":
        try:
            with _undisturbed():
                return self._pool.submit(self._function, task)
        except BrokenProcessPool as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed

    def _reopen(self) -> None:
        self._pool.shutdown(wait=True)
        self._lost()
        self._pool = self._opened()

    def _opened(self) -> ProcessPoolExecutor:
        # Arrow has threads of its own, which do not survive a fork.
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._count, mp_context=spawn, initializer=_begin, initargs=(self._lifeline,))


def _is_lost(future: "Future[Result]") -> bool:
    """Whether the process ended before the task did; waits until one of them has."""
    return isinstance(future.exception(), BrokenProcessPool)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """The processes that are started here leave an interrupt to this one, from their first moment on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(lifeline: Connection) -> None:
    """Leave an interrupt to the parent, where that is not so already, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(1)
