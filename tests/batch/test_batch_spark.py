"""Spark, on a cluster of two executors, each a process with Python workers of its own."""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_texts import small_database, texts
from gates import attempts, gate, open_gate, waiting
from pyspark import TaskContext
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from gemaudit.batch.arrow import SCHEMA, judge_array
from gemaudit.batch.columns import ColumnError
from gemaudit.batch.spark import ANSWERS, judge

# Whoever works on something else need not have a JVM. In CI nothing is skipped: every test fails without one.
if shutil.which("java") is None and not os.environ.get("CI"):
    pytest.skip("no java on PATH; `apt-get install openjdk-17-jre-headless` brings it", allow_module_level=True)

CORPUS = texts(24)

# Spark says so of what it does not use here.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _surroundings(tmp_path_factory.mktemp("spark")).items():
            patch.setenv(name, value)
        session = (
            SparkSession.builder.master("local-cluster[2,1,512]")
            .config("spark.executor.memory", "512m")
            .config("spark.driver.memory", "512m")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            # A query of a few rows takes less time than compiling it.
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()


def _surroundings(home: Path) -> dict[str, str]:
    """What Spark looks for; its executors write below `SPARK_HOME`, which is not to be the installed package."""
    installed = Path(import_module("pyspark").__file__ or "").parent
    for entry in installed.iterdir():
        if entry.name != "work":
            (home / entry.name).symlink_to(entry)
    return {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(home / "local"),
        "PYSPARK_PYTHON": sys.executable,
    }


def frame(spark: SparkSession) -> DataFrame:
    """The corpus in two partitions, one for each executor."""
    numbered = [(number, text, "x") for number, text in enumerate(CORPUS)]
    return spark.createDataFrame(numbered, "`an.id` int, lockfile string, rest string")


def expected(**stated: Any) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = judge_array(pa.array(CORPUS, pa.string()), **stated).to_pylist()
    return [{"an.id": number, **answer} for number, answer in enumerate(answers)]


def in_order(found: list[Row]) -> list[dict[str, Any]]:
    return sorted((row.asDict(recursive=True) for row in found), key=lambda row: int(row["an.id"]))


def test_a_cluster_says_what_one_process_says(spark: SparkSession) -> None:
    answers = judge(frame(spark), "lockfile", keep=["an.id"], ruby="3.4.5", database=small_database())
    assert answers.columns == ["an.id", *SCHEMA.names]
    assert in_order(answers.collect()) == expected(ruby="3.4.5", database=small_database())


def test_an_executor_that_is_killed_costs_nothing_but_time(spark: SparkSession, tmp_path: Path) -> None:
    wait = gate(tmp_path)

    def held(batches: Iterator[Any]) -> Iterator[Any]:
        wait(str(TaskContext.get().partitionId()))  # type: ignore[union-attr]
        return batches

    named = frame(spark).withColumnRenamed("an.id", "id")
    gated = named.mapInArrow(held, named.schema).withColumnRenamed("id", "an.id")
    answers = judge(gated, "lockfile", keep=["an.id"])
    found: list[Row] = []
    running = threading.Thread(target=lambda: found.extend(answers.collect()))
    running.start()
    (_, one), (_, other) = waiting(tmp_path, 2)
    victim = _executor_of(one)
    assert victim.pid != _executor_of(other).pid
    os.kill(victim.pid, signal.SIGKILL)
    open_gate(tmp_path)
    running.join(timeout=180)
    assert in_order(found) == expected()
    # What the victim held was held again by another process.
    assert sorted(name for name, _ in attempts(tmp_path)) in (["0", "0", "1"], ["0", "1", "1"])


def _executor_of(worker: int) -> psutil.Process:
    """The process of an executor, of which a Python worker is a descendant."""
    parents = psutil.Process(worker).parents()
    return next(parent for parent in parents if "CoarseGrainedExecutorBackend" in " ".join(parent.cmdline()))


@pytest.mark.usefixtures("spark")
def test_what_the_page_shows(tmp_path: Path) -> None:
    """From Parquet to Parquet; the session that the page asks for is the one at hand."""
    page = (Path(__file__).parent.parent.parent / "docs" / "batch.md").read_text(encoding="utf-8")
    shown = page.partition("```python spark\n")[2].partition("```")[0]
    pq.write_table(pa.table({"repo": ["a", "b"], "lockfile": CORPUS[:2]}), tmp_path / "corpus.parquet")
    exec(compile(shown.replace('parquet("', f'parquet("{tmp_path}/'), "docs/batch.md", "exec"), {})  # noqa: S102 - ours
    found = {row["repo"]: row for row in pq.read_table(tmp_path / "answers").to_pylist()}
    said = judge_array(pa.array(CORPUS[:2]), platform="x86_64-linux-musl").to_pylist()
    assert found == {"a": {"repo": "a", **said[0]}, "b": {"repo": "b", **said[1]}}


def test_bytes_and_partitions_without_rows(spark: SparkSession) -> None:
    given = spark.sparkContext.parallelize([(bytearray(b"GEM\n  \xff"),), (None,)], 4)
    found = judge(spark.createDataFrame(given, "lock binary"), "lock").collect()
    assert sorted((row.status, row.error) for row in found) == [("missing", None), ("unreadable", "not-utf-8")]


def test_the_types_are_those_of_arrow() -> None:
    assert to_arrow_schema(ANSWERS).equals(SCHEMA.remove_metadata())


def test_nothing_is_computed_to_find_a_mistake(spark: SparkSession) -> None:
    with pytest.raises(ColumnError, match=r"there is no column `lock`; there are `an\.id`, `lockfile`, `rest`"):
        judge(frame(spark), "lock")
    with pytest.raises(ValueError, match="names no Ruby"):
        judge(frame(spark), "lockfile", ruby="three")


def test_without_the_extra_the_import_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gemaudit.batch.spark")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ImportError, match=r"run `pip install 'gemaudit\[spark\]'`"):
        import_module("gemaudit.batch.spark")
