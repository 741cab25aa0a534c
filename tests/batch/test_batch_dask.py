"""Dask, on a cluster of two worker processes of its own."""

import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_texts import lockfile, small_database, texts
from dask.distributed import Client, LocalCluster
from gates import attempts, gate, open_gate, waiting

from gemaudit.advisories.database import compile_database
from gemaudit.batch.arrow import SCHEMA, judge_array
from gemaudit.batch.columns import ColumnError
from gemaudit.batch.dask import judge

CORPUS = texts(40)
KEPT = ["id"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("dask")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 10}),
        LocalCluster(**settings, local_directory=str(folder), host="127.0.0.1") as started,
        Client(started) as connected,
    ):
        yield connected


@pytest.fixture
def client(cluster: Client) -> Client:
    """The cluster with both of its workers; one that another test has killed comes back after a while."""
    cluster.wait_for_workers(2, timeout=120)
    return cluster


def frame(corpus: list[str | None] = CORPUS, *, partitions: int = 6) -> Any:
    ids = [f"row {number}" for number in range(len(corpus))]
    return dd.from_pandas(pd.DataFrame({"id": ids, "lockfile": corpus, "rest": 1}), npartitions=partitions)


def expected(corpus: list[str | None] = CORPUS, **stated: Any) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = judge_array(pa.array(corpus, pa.string()), **stated).to_pylist()
    return answers


def rows(answers: Any) -> list[dict[str, Any]]:
    """The answers in a DataFrame of pandas."""
    found: list[dict[str, Any]] = pa.Table.from_pandas(answers[SCHEMA.names], preserve_index=False).to_pylist()
    return found


def test_a_cluster_says_what_one_process_says(client: Client) -> None:
    lazy = judge(frame(), "lockfile", keep=KEPT, ruby="3.4.5")
    answers = lazy.compute()
    assert len(client.scheduler_info()["workers"]) == 2
    assert list(answers.columns) == [*KEPT, *SCHEMA.names]
    assert answers.dtypes.equals(lazy.dtypes)
    assert list(answers["id"]) == [f"row {number}" for number in range(len(CORPUS))]
    assert answers.index.equals(pd.RangeIndex(len(CORPUS)))
    assert rows(answers) == expected(ruby="3.4.5")


def test_a_worker_that_is_killed_costs_nothing_but_time(client: Client, tmp_path: Path) -> None:
    wait = gate(tmp_path)

    def held(part: Any) -> Any:
        wait(str(part.index[0]))
        return part

    gated = frame().map_partitions(held, meta=frame()._meta)
    running = client.compute(judge(gated, "lockfile", keep=KEPT))
    (_, victim), (_, other) = waiting(tmp_path, 2)
    assert victim != other
    os.kill(victim, signal.SIGKILL)
    open_gate(tmp_path)
    answers = running.result(timeout=120)
    assert rows(answers) == expected()
    assert list(answers["id"]) == [f"row {number}" for number in range(len(CORPUS))]
    # What the victim held was held again by another process.
    came = [name for name, _ in attempts(tmp_path)]
    assert max(map(came.count, came)) == 2


def test_a_database_is_sent_to_each_worker_once(client: Client) -> None:
    lazy = judge(frame(), "lockfile", database=small_database())
    assert rows(lazy.compute()) == expected(database=small_database())
    compiled = compile_database(small_database())
    graph = dict(lazy.optimize().__dask_graph__())
    assert [compiled in cloudpickle.dumps(task) for task in graph.values()].count(True) == 1
    assert client.status == "running"


def test_from_parquet_to_parquet(client: Client, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(10), "lockfile": CORPUS[:10]}), tmp_path / "in.parquet", row_group_size=4)
    read = dd.read_parquet(tmp_path / "in.parquet", split_row_groups=True)
    judge(read, "lockfile", keep=["id"]).to_parquet(tmp_path / "out", write_index=False)
    answers = pq.read_table(tmp_path / "out")
    assert [field.name for field in answers.schema] == ["id", *SCHEMA.names]
    assert answers.select(SCHEMA.names).to_pylist() == expected(CORPUS[:10])
    assert client.status == "running"


def test_a_column_of_objects_may_hold_text_and_bytes_and_what_pandas_calls_missing() -> None:
    text = lockfile(3)
    values = pd.Series([text, text.encode(), b"\xff", None, float("nan"), pd.NA, pd.NaT], dtype=object)
    with dask.config.set({"dataframe.convert-string": False, "scheduler": "sync"}):
        answers = judge(dd.from_pandas(values.to_frame("lockfile"), npartitions=1), "lockfile").compute()
    assert rows(answers)[0] == rows(answers)[1] == expected([text])[0]
    assert list(answers["status"]) == ["audited", "audited", "unreadable", *["missing"] * 4]


@pytest.mark.parametrize("kind", ["string[pyarrow]", "str", pd.ArrowDtype(pa.large_string()), "category"], ids=str)
def test_the_type_of_the_column_makes_no_difference(kind: Any) -> None:
    values = pd.Series(CORPUS[:6], dtype=kind)
    with dask.config.set({"dataframe.convert-string": False, "scheduler": "sync"}):
        answers = judge(dd.from_pandas(values.to_frame("lockfile"), npartitions=2), "lockfile").compute()
    assert rows(answers) == expected(CORPUS[:6])


def test_no_rows_are_no_rows() -> None:
    with dask.config.set(scheduler="sync"):
        assert len(judge(frame([], partitions=1), "lockfile", keep=KEPT).compute()) == 0


def test_nothing_is_computed_to_find_a_mistake() -> None:
    with pytest.raises(ColumnError, match="there is no column `lock`; there are `id`, `lockfile`, `rest`"):
        judge(frame(), "lock")
    with pytest.raises(ValueError, match="names no Ruby"):
        judge(frame(), "lockfile", ruby="three")


def test_without_the_extra_the_import_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gemaudit.batch.dask")
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)
    with pytest.raises(ImportError, match=r"run `pip install 'gemaudit\[dask\]'`"):
        import_module("gemaudit.batch.dask")
