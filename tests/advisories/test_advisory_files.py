"""The advisories of this repository are as the format page wants them."""

from pathlib import Path

import pytest

from gemaudit.adapters.database import SOURCES, advisory_documents
from gemaudit.adapters.tables import ruby_releases
from gemaudit.advisories.lint import lint
from gemaudit.matching import evaluate_example
from gemaudit.model.advisory import Advisory

ADVISORIES, PROBLEMS = lint(
    advisory_documents([SOURCES]), lambda advisory, example: evaluate_example(advisory, example, ruby_releases())
)


def test_there_is_nothing_to_complain_about() -> None:
    assert [f"{one.path}:{one.line}: {one.code}: {one.message}" for one in PROBLEMS] == []


def test_every_file_is_an_advisory_in_the_folder_of_its_subject() -> None:
    places = {path.relative_to(SOURCES) for path in SOURCES.glob("*/**/*") if path.is_file()}
    expected = {
        Path(folder, name, f"{one.id}.toml")
        for one in ADVISORIES
        for item in one.affected
        for folder, name in (("gems", item.gem), ("rubies", item.engine))
        if name
    }
    assert len(places) == len({one.id for one in ADVISORIES}) == len(ADVISORIES)
    assert places <= expected


@pytest.mark.parametrize("one", ADVISORIES, ids=[one.id for one in ADVISORIES])
def test_each_is_dated_by_its_id_and_has_a_way_out(one: Advisory) -> None:
    assert one.id.split("-")[1] == str(one.published.year)
    has_fix = any(claimed.fixed for item in one.affected for claimed in item.ranges)
    assert has_fix or one.workaround
