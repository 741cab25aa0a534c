"""What docs/batch.md shows is done here, as it stands there."""

import re
import shlex
from pathlib import Path
from typing import Any

import dask
import pyarrow.parquet as pq
import pytest
from corpus_texts import lockfile

from gemaudit import lockfiles
from gemaudit.batch import judging
from gemaudit.batch.arrow import FINDING, SCHEMA
from gemaudit.cli.app import app
from gemaudit.cli.batch import EPILOG

PAGE = (Path(__file__).parent.parent.parent / "docs" / "batch.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```python (\w+)\n(.*?)```", PAGE, re.DOTALL))


def carry_out(name: str, **known: Any) -> dict[str, Any]:
    exec(compile(BLOCKS[name], f"docs/batch.md, {name}", "exec"), known)  # noqa: S102 - it is ours
    return known


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with checkouts, and the corpus that the page makes of them."""
    for number in range(12):
        checkout = tmp_path / "checkouts" / f"repo{number}"
        checkout.mkdir(parents=True)
        (checkout / "Gemfile.lock").write_text(lockfile(number))
    monkeypatch.chdir(tmp_path)
    carry_out("corpus")
    return tmp_path


def test_from_nothing_to_a_judged_corpus(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = re.search(r"\$ gemaudit (batch .*)", PAGE)
    assert command is not None
    with pytest.raises(SystemExit) as left:
        app([*shlex.split(command[1]), "--workers", "1"])
    assert left.value.code == 0
    assert pq.read_table(folder / "answers.parquet")["repo"].to_pylist() == sorted(f"repo{n}" for n in range(12))
    carry_out("answers")
    assert "'high': " in capsys.readouterr().out


def test_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    carry_out("python", lockfile=lockfile(1))
    carry_out("arrow", lockfile=lockfile(1))
    assert capsys.readouterr().out.splitlines()[:2][1].startswith("missing 0 []")


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # what Dask asks of pandas 3
def test_dask(folder: Path) -> None:
    with dask.config.set(scheduler="sync"):
        carry_out("dask")
    assert pq.read_table(folder / "answers").num_rows == 12


def test_the_answers_are_those_of_the_schema() -> None:
    table = PAGE.partition("## The answers")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| ([^|]+) \| (.*) \|$", table, re.MULTILINE)
    columns = [(name, kind) for names, kind, _ in rows for name in re.findall(r"`(\w+)`", names)]
    written = [(field.name, "list of structs" if field.name == "findings" else str(field.type)) for field in SCHEMA]
    assert columns == written
    meant = next(text for names, _, text in rows if names == "`findings`")
    assert re.findall(r"`(\w+)`", meant) == [field.name for field in FINDING]


def test_numbers_and_codes_are_those_of_the_program() -> None:
    flat = " ".join(PAGE.split())
    for words in (
        f"more than {lockfiles.MAX_BYTES // 2**20} MiB is `too-large`",
        f"more than {lockfiles.MAX_LINE:,} characters `line-too-long`",
        f"more than {lockfiles.MAX_GEMS:,} gems `too-many-gems`",
        f"more than {lockfiles.MAX_PLATFORMS} platforms `too-many-platforms`",
        f"more than {lockfiles.MAX_VERSIONS} versions of one gem `too-many-versions`",
        f"the last {judging.MOST_ROWS:,} rows",
    ):
        assert words in flat
    listed = re.findall(r"^  (\d+) +(.*)$", EPILOG, re.MULTILINE)
    assert re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE) == listed


def test_every_block_is_carried_out() -> None:
    assert set(BLOCKS) == {"corpus", "answers", "python", "arrow", "dask", "spark"}
