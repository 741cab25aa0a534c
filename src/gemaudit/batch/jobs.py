"""Which files become which."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from gemaudit.adapters.paths import real
from gemaudit.batch.parquet import SUFFIX, ParquetError, files_below


class Job(Struct, frozen=True):
    """Files to read, in this order, and the one file to write."""

    sources: tuple[Path, ...]
    target: Path


def jobs_for(paths: Sequence[Path], output: Path) -> tuple[Job, ...]:
    """One job for everything where the output is a Parquet file; else one for each source, below the folder `output`.

    A file of a folder that is named has the same place below the output.
    Raises ParquetError where there is nothing to read, or where what is written would replace or join what is read.
    """
    found = [(path, source) for path in paths for source in files_below(path)]
    if output.suffix == SUFFIX:
        jobs = [Job(tuple(source for _, source in found), output)]
    else:
        jobs = [Job((source,), output / _below(path, source)) for path, source in found]
    _check_apart(jobs, paths)
    _check_distinct(jobs)
    return tuple(jobs)


def _below(path: Path, source: Path) -> Path:
    return Path(source.name) if source == path else source.relative_to(path)


def _check_apart(jobs: Sequence[Job], paths: Sequence[Path]) -> None:
    read = frozenset(map(real, paths))
    for job in jobs:
        target = real(job.target)
        if not read.isdisjoint((target, *target.parents)):
            hint = "name an output that is neither one of the inputs nor in one of them"
            raise ParquetError(f"the output `{job.target}` is part of what is read", hint)


def _check_distinct(jobs: Sequence[Job]) -> None:
    taken: dict[Path, Job] = {}
    for job in jobs:
        other = taken.setdefault(real(job.target), job)
        if other is not job:
            one, two = other.sources[0], job.sources[0]
            hint = f"write one file, with `--output answers{SUFFIX}`, or judge them one by one"
            raise ParquetError(f"`{one}` and `{two}` would both be written to `{job.target}`", hint)
