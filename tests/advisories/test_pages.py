"""The pages beside the advisories teach what the linter accepts, and lead somewhere."""

import re
from pathlib import Path

import pytest

from gemaudit.adapters.database import SOURCES
from gemaudit.adapters.tables import ruby_releases
from gemaudit.advisories.lint import lint
from gemaudit.matching import evaluate_example
from gemaudit.model.document import Document

PAGES = sorted(SOURCES.glob("*.md"))


def test_the_example_of_the_readme_is_sound() -> None:
    written = re.search(r"```toml\n(.*?)```", (SOURCES / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert written is not None
    document = Document("advisories/gems/ffi/GMSA-0000-0000.toml", written[1])
    advisories, problems = lint([document], lambda one, example: evaluate_example(one, example, ruby_releases()))
    assert [f"{problem.line}: {problem.message}" for problem in problems] == []
    assert len(advisories) == 1


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = set(re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text(encoding="utf-8")))
    assert sorted(link for link in links if not (path.parent / link).exists()) == []
