"""A corpus of lockfiles: rows a second, what a second process adds, and memory; see README.md beside this file.

python bench/batch.py                 the figures, in some minutes
python bench/batch.py --rows 1000     the same on smaller corpora
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from run import lockfile

from gemaudit.adapters.database import SOURCES, compile_folder
from gemaudit.batch import judge
from gemaudit.batch.arrow import judge_array

GEMS = 100
#: Memory is a matter of rows, and few gems make them quick.
FEW_GEMS = 10
ROWS = 4_000


def corpus(path: Path, rows: int, text: str, *, distinct: int) -> None:
    """A file of so many lockfiles of 100 gems, of which so many are distinct."""
    schema = pa.schema([("id", pa.int64()), ("lockfile", pa.string())])
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, rows, 1_000):
            ids = range(start, min(start + 1_000, rows))
            texts = [text.replace("gem-", f"gem{number % distinct}-") for number in ids]
            file.write_table(pa.table({"id": ids, "lockfile": texts}, schema=schema), row_group_size=rows)


# What a process inherits counts in `ru_maxrss`, but not in the high-water mark of its own memory.
_MEASURED = """
import sys
from pathlib import Path
from gemaudit.cli import main
if __name__ == "__main__":
    try:
        main()
    finally:
        print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""


def command(folder: Path, workers: int) -> tuple[float, float]:
    """Wall seconds of `gemaudit batch`, and the peak resident MiB of its first process."""
    script = folder / "measured.py"
    script.write_text(_MEASURED, encoding="utf-8")
    options = ["--column", "lockfile", "--keep", "id", "--workers", str(workers)]
    arguments = [sys.executable, script, "batch", folder / "in.parquet", "--output", folder / "out.parquet", *options]
    start = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, check=True, text=True)
    return time.perf_counter() - start, int(done.stdout) / 1024


def core(text: str, rows: int) -> None:
    """Lockfiles a second without any file: distinct ones, and equal ones."""
    texts = [text.replace("gem-", f"gem{number}-") for number in range(rows)]
    list(judge(texts[:50]))
    start = time.process_time()
    answers = list(judge(texts))
    seconds = time.process_time() - start
    print(
        f"judge, {GEMS} gems           {rows / seconds:7.0f} lockfiles/s   ({len(answers[0].findings)} findings each)"
    )
    array = pa.array(texts)
    start = time.process_time()
    judge_array(array)
    seconds = time.process_time() - start
    print(f"judge_array, remembered   {rows / seconds:7.0f} lockfiles/s")


def memory(folder: Path, text: str, rows: int) -> None:
    """The peak of one process that reads, judges and writes so many distinct lockfiles."""
    corpus(folder / "in.parquet", rows, text, distinct=rows)
    _, peak = command(folder, 1)
    print(f"batch, {rows:7,} rows       {peak:7.1f} MiB           (1 process, {FEW_GEMS} gems)")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    compiled = compile_folder(SOURCES)
    text = lockfile(GEMS, compiled)
    core(text, min(rows, 1_000))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus(folder / "in.parquet", rows, text, distinct=rows)
        one, _ = command(folder, 1)
        two, _ = command(folder, 2)
        print(f"batch, 1 process          {rows / one:7.0f} lockfiles/s   (from Parquet to Parquet)")
        print(f"batch, 2 processes        {rows / two:7.0f} lockfiles/s   ({one / two:.2f} x)")
        for many in (2 * rows, 20 * rows):
            memory(folder, lockfile(FEW_GEMS, compiled), many)


if __name__ == "__main__":
    main()
