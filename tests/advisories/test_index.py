"""The index page says what the files say."""

import datetime
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import advisory, affected
from gemaudit.adapters.database import SOURCES, read_advisories
from gemaudit.advisories.index import Listed, render_index
from gemaudit.model.advisory import Advisory, Range

FFI = advisory("GMSA-2026-0002", affected("ffi", "1.0...1.5", "2.0..."), aliases=("CVE-2026-1", "Bug #1"))
BOTH = replace(
    advisory("GMSA-2026-0001", affected("ffi", "0...2"), affected("ruby", "0...3.4.1", engine=True), severity="low"),
    title="a | b in `x|y_z_` of *p",
)
GONE = advisory("GMSA-2025-0001", affected("oj", "0..."), withdrawn=datetime.date(2026, 2, 1))
PRESUMED = advisory(
    "GMSA-2025-0002",
    affected(
        "mruby",
        Range(introduced="0", last_affected="2.9", presumed=True),
        Range(introduced="3", fixed="4"),
        engine=True,
    ),
)
ALL = (FFI, BOTH, GONE, PRESUMED)


def page(advisories: Iterable[Advisory]) -> str:
    return render_index(Listed(f"gems/x/{one.id}.toml", one) for one in advisories)


def test_the_page() -> None:
    assert (
        page(ALL)
        == """\
# Index of the advisories

`gemaudit db index advisories` writes this page.

3 advisories on 1 gems and 2 interpreters; 1 more are withdrawn.

| by | |
|---|---|
| severity | 0 critical, 2 high, 0 medium, 1 low |
| kind | 3 unsound |
| class | 3 gc-mark |
| confidence | 3 high |

## Gems

### ffi

| id | severity | kind | title | affected | aliases |
|---|---|---|---|---|---|
| [GMSA-2026-0001](gems/x/GMSA-2026-0001.toml) | low | unsound | a \\| b in `x\\|y_z_` of \\*p | `< 2` |  |
| [GMSA-2026-0002](gems/x/GMSA-2026-0002.toml) | high | unsound | Something is not marked | `>= 1.0, < 1.5 or >= 2.0` \
| CVE-2026-1, Bug #1 |

### oj

| id | severity | kind | title | affected | aliases |
|---|---|---|---|---|---|
| [GMSA-2025-0001](gems/x/GMSA-2025-0001.toml) | withdrawn | unsound | Something is not marked | `every version` |  |

## Interpreters

### mruby

| id | severity | kind | title | affected | aliases |
|---|---|---|---|---|---|
| [GMSA-2025-0002](gems/x/GMSA-2025-0002.toml) | high | unsound | Something is not marked \
| `>= 3, < 4`; presumed `<= 2.9` |  |

### ruby

| id | severity | kind | title | affected | aliases |
|---|---|---|---|---|---|
| [GMSA-2026-0001](gems/x/GMSA-2026-0001.toml) | low | unsound | a \\| b in `x\\|y_z_` of \\*p | `< 3.4.1` |  |
"""
    )


@given(st.permutations(ALL))
def test_the_order_plays_no_part(advisories: list[Advisory]) -> None:
    assert page(advisories) == page(ALL)


def test_the_index_of_this_repository_is_fresh() -> None:
    listed = [Listed(path.removeprefix(f"{SOURCES.as_posix()}/"), one) for path, one in read_advisories([SOURCES])]
    if (SOURCES / "INDEX.md").read_text(encoding="utf-8") != render_index(listed):
        pytest.fail("advisories/INDEX.md is stale; run `gemaudit db index > advisories/INDEX.md`", pytrace=False)
