"""Speed as ratios within one run, because machines differ and are noisy; see README.md beside this file.

python bench/run.py            the figures
python bench/run.py --profile  where the time of the throughput figure goes
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from gemaudit.adapters.database import SOURCES, compile_folder
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.advisories.database import Database, compile_database
from gemaudit.environments import Stated
from gemaudit.model.document import Document
from gemaudit.model.policy import Policy
from gemaudit.model.version import Version
from gemaudit.pipeline import Input, Knowledge, advise, judge

TODAY = dt.date(2026, 1, 1)
DOCUMENTS = (Document("Dockerfile", "FROM ruby:3.4.5-alpine\n"), Document(".ruby-version", "3.4.5\n"))


def lockfile(gems: int, compiled: bytes) -> str:
    """A lockfile of so many gems, as real ones are.

    One in ten has advisories, one in forty is reached by them, the Gemfile names one in ten,
    and each asks for two others, so that the longest chains have four to five gems.
    """
    database = Database(compiled)
    audited = [name for name in sorted(database.gems) if _fixed(database, name)]
    names = [f"gem-{i:04}" for i in range(gems)]
    versions = [f"{i % 9}.{i % 30}.{i % 7}" for i in range(gems)]
    for position, name in zip(range(0, gems, 10), audited, strict=False):
        names[position] = name
        versions[position] = _fixed(database, name)[-2 if position % 40 == 0 else -1]
    specs = []
    for i in range(gems):
        specs.append(f"    {names[i]} ({versions[i]})")
        specs += [f"      {names[j]} (>= 0.1)" for j in range(2 * i + 1, min(2 * i + 3, gems))]
    platforms = "\nPLATFORMS\n  ruby\n  x86_64-linux-musl\n"
    head = "GEM\n  remote: https://rubygems.org/\n  specs:\n"
    named = "".join(f"  {name}\n" for name in names[: gems // 10])
    return head + "\n".join(specs) + f"\n{platforms}\nDEPENDENCIES\n{named}"


def _fixed(database: Database, gem: str) -> list[str]:
    """The versions that advisories name as fixed, two at least, the newest last; empty where there are fewer."""
    bounds = {
        claimed.stable or claimed.fixed
        for advisory in database.for_gem(gem)
        for affected in advisory.affected
        if affected.gem == gem
        for claimed in affected.ranges
        if claimed.fixed
    }
    return sorted(bounds, key=Version.parse) if len(bounds) > 1 else []


def best(measure: Callable[[], float], runs: int) -> float:
    """The fastest of several runs, which noise has disturbed least."""
    return min(measure() for _ in range(runs))


def process(arguments: list[str]) -> tuple[float, float]:
    """Wall seconds and peak resident MiB of one process."""
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL) as running:
        _, _, usage = os.wait4(running.pid, 0)
        running.returncode = 0
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def command_line(folder: Path, compiled: bytes) -> None:
    """`gemaudit check` on 500 gems, and `gemaudit --version`, against the import of typer."""
    (folder / "Gemfile.lock").write_text(lockfile(500, compiled), encoding="utf-8")
    (folder / "Dockerfile").write_text(DOCUMENTS[0].text, encoding="utf-8")
    (folder / "advisories.db").write_bytes(compiled)
    check = ["-m", "gemaudit", "check", str(folder / "Gemfile.lock"), "--db", str(folder / "advisories.db")]
    typer, version, audit, peak = [], [], [], 0.0
    for _ in range(15):
        typer.append(process(["-c", "import typer"])[0])
        version.append(process(["-m", "gemaudit", "--version"])[0])
        seconds, memory = process(check)
        audit.append(seconds)
        peak = max(peak, memory)
    ratio = min(audit) / min(typer)
    times = f"{min(audit) * 1000:.0f} ms / {min(typer) * 1000:.0f} ms"
    print(f"check, 500 gems        {ratio:6.2f} x import typer   (aim <= 1.6; {times})")
    print(f"--version              {min(version) / min(typer):6.2f} x import typer")
    print(f"check, peak memory     {peak:6.1f} MiB              (aim <= 60)")


def throughput(
    compiled: bytes, documents: tuple[Document, ...] = DOCUMENTS, *, planned: bool = True
) -> Callable[[], float]:
    """Seconds for one typical lockfile of 100 gems, with matching and, where `planned`, planning, in one process."""
    knowledge = Knowledge(database=Database(compiled), releases=ruby_releases(), shipped=shipped_gems())
    contents = [lockfile(100, compiled).replace("gem-", f"gem{i}-").encode() for i in range(100)]

    def measure() -> float:
        start = time.perf_counter()
        for content in contents:
            judgement = judge(Input(path="Gemfile.lock", content=content, documents=documents), Stated(), knowledge)
            if planned:
                advise([judgement], Policy(), TODAY, knowledge, version="bench")
        return (time.perf_counter() - start) / len(contents)

    return measure


def load(compiled: bytes) -> Callable[[], float]:
    """Seconds to open a database of 1,000 advisories and to take those of ten gems."""
    real = list(Database(compiled))
    thousand = compile_database(
        replace(real[i % len(real)], id=f"GMSA-{2000 + i // 1000}-{i % 1000:04}") for i in range(1000)
    )

    def measure() -> float:
        start = time.perf_counter()
        database = Database(thousand)
        for name in sorted(database.gems)[:10]:
            database.for_gem(name)
        return time.perf_counter() - start

    return measure


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true")
    compiled = compile_folder(SOURCES)
    if parser.parse_args().profile:
        import cProfile

        measure = throughput(compiled)
        measure()
        cProfile.runctx("measure()", {}, {"measure": measure}, sort="cumtime")
        return
    with tempfile.TemporaryDirectory() as folder:
        command_line(Path(folder), compiled)
    seconds = best(throughput(compiled, ()), 5)
    print(f"throughput, 100 gems   {1 / seconds:6.0f} lockfiles/s       (aim >= 1,000; no file beside it)")
    seconds = best(throughput(compiled, planned=False), 5)
    print(f"throughput, 100 gems   {1 / seconds:6.0f} lockfiles/s       (with an outdated Ruby, no planning)")
    seconds = best(throughput(compiled), 5)
    print(f"throughput, 100 gems   {1 / seconds:6.0f} lockfiles/s       (with an outdated Ruby and planning)")
    print(f"database, 1,000        {best(load(compiled), 20) * 1000:6.2f} ms               (aim <= 10)")


if __name__ == "__main__":
    main()
