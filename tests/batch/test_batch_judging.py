"""The core: one row for each text, whatever the text."""

import hashlib
import os
import threading
import time
from typing import Any

import pytest
from corpus_texts import as_said, lockfile, said_by_audit, small_database, texts
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.adapters.database import open_database
from gemaudit.advisories.database import Database
from gemaudit.batch import Question, judge, judging
from gemaudit.batch.row import Row
from gemaudit.lockfiles import MAX_GEMS, MAX_VERSIONS

HEAD = "GEM\n  remote: https://rubygems.org/\n  specs:\n"
LINES = st.sampled_from([*lockfile(0).splitlines(), *lockfile(8).splitlines(), "<<<<<<< HEAD", "", "\r", "FOO"])
TEXTS = st.one_of(
    st.none(),
    st.integers(0, 30).map(lockfile),
    st.lists(LINES, max_size=30).map("\n".join),
    st.text(max_size=60),
    st.binary(max_size=60),
)


@given(st.lists(TEXTS, max_size=6))
def test_each_text_has_its_row_in_order(given_texts: list[str | bytes | None]) -> None:
    rows = list(judge(given_texts))
    assert len(rows) == len(given_texts)
    for text, row in zip(given_texts, rows, strict=True):
        assert row == next(judge([text]))
        if text is None:
            assert row == Row(status="missing", database=open_database().revision)
        else:
            content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
            assert row.sha256 == hashlib.sha256(content).hexdigest()


@given(st.one_of(st.integers(0, 500).map(lockfile), st.lists(LINES, max_size=30).map("\n".join)))
def test_a_row_says_what_an_audit_says(text: str) -> None:
    assert as_said(next(judge([text]))) == said_by_audit(text)


@pytest.mark.parametrize(
    "stated",
    [
        {"ruby": "3.4.5"},
        {"ruby": "jruby-10.0.3.0"},
        {"platform": "x86_64-linux-musl"},
        {"ruby": "3.3.1", "platform": "arm64-darwin", "features": ("ractor", "no-fork")},
        {"database": small_database()},
    ],
    ids=" ".join,
)
def test_what_is_stated_counts_as_it_does_in_an_audit(stated: dict[str, Any]) -> None:
    for number in range(4):
        assert as_said(next(judge([lockfile(number)], **stated))) == said_by_audit(lockfile(number), **stated)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"ruby": "three"}, "names no Ruby"),
        ({"platform": "amiga"}, "no platform"),
        ({"features": ["ractors"]}, "did you mean `ractor`"),
    ],
    ids=["ruby", "platform", "feature"],
)
def test_a_word_without_meaning_is_refused_at_once(stated: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        judge([], **stated)
    with pytest.raises(ValueError, match=said):
        Question.of(**stated)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="a lockfile is text or bytes, and this is int"):
        next(judge([3]))  # type: ignore[list-item]


def test_nothing_is_judged_before_it_is_asked_for() -> None:
    def endless() -> Any:
        while True:
            yield lockfile(1)

    rows = judge(endless())
    assert next(rows) == next(rows)


MANY = 3_000
HOSTILE = {
    "50 MB of zeros": (b"\0" * 50_000_000, "unreadable", "too-large"),
    "50 MB of noise": (os.urandom(1_000_000) * 50, "unreadable", "too-large"),
    "50 MB of text": ("a\n" * 25_000_000, "unreadable", "too-large"),
    "zeros": (b"\0" * 1_000, "unreadable", "not-a-lockfile"),
    "zeros in a gem": (HEAD + "    a (1\0)\n", "unreadable", "malformed-version"),
    "no UTF-8": (b"GEM\n  specs:\n    \xff\xfe (1.0)\n", "unreadable", "not-utf-8"),
    "a lone surrogate": ("GEM\n  specs:\n    a\ud800 (1.0)\n", "unreadable", "not-utf-8"),
    "UTF-16": (lockfile(1).encode("utf-16"), "unreadable", "not-utf-8"),
    "an endless line": (HEAD + "    " + "a" * 100_000 + " (1.0)\n", "unreadable", "line-too-long"),
    "line breaks": ("\r\n" * 100_000, "empty", "empty-lockfile"),
    "more gems than there are": (
        HEAD + "".join(f"    gem{number} (1.0)\n" for number in range(MAX_GEMS + 1)),
        "unreadable",
        "too-many-gems",
    ),
    "every version of a gem": (
        HEAD + "".join(f"    json (0.{number})\n" for number in range(MAX_VERSIONS + 1)),
        "unreadable",
        "too-many-versions",
    ),
    "a gem for every platform": (
        HEAD + "".join(f"    json (1.0.0-cpu{number}-linux)\n" for number in range(MANY)),
        "unreadable",
        "too-many-platforms",
    ),
    "platforms that only look like ones": (
        HEAD + "    json (1.0)\n" + "".join(f"      a{number} (= 1-{number})\n" for number in range(MANY)),
        "audited",
        None,
    ),
    "gems that ask for each other": (
        HEAD + "".join(f"    g{n} (1.0)\n      g{(n + 1) % MANY}\n      g{n - 1}\n" for n in range(MANY)),
        "audited",
        None,
    ),
}


@pytest.mark.parametrize(("text", "status", "error"), HOSTILE.values(), ids=HOSTILE)
def test_no_text_raises_or_hangs(text: str | bytes, status: str, error: str | None) -> None:
    before = time.process_time()
    row = next(judge([text]))
    assert (row.status, row.error) == (status, error)
    assert time.process_time() - before < 10


def test_equal_texts_are_judged_once() -> None:
    one = Question.of(ruby="3.4.1").judge()
    before = one.judged
    corpus: list[str | bytes] = [lockfile(600), lockfile(601), lockfile(600), lockfile(600).encode()]
    rows = [one(text) for text in corpus]
    assert one.judged - before == 2
    assert rows[0] == rows[2] == rows[3]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST_ROWS", 3)
    remembered = judging._Rows()
    row = next(judge([lockfile(2)]))
    for number in range(5):
        remembered.add(bytes([number]), row)
        remembered.get(b"\0")
    assert [remembered.get(bytes([number])) is row for number in range(5)] == [True, False, False, True, True]


def test_findings_are_what_weighs(monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(judge([lockfile(2)]))
    assert row.findings
    monkeypatch.setattr(judging, "MOST_FINDINGS", 2 * len(row.findings))
    remembered = judging._Rows()
    for number in range(4):
        remembered.add(bytes([number]), row)
    assert [remembered.get(bytes([number])) is row for number in range(4)] == [False, False, True, True]


def test_a_process_opens_a_database_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Question.of(database=small_database())
    arrived = [Question(database=bytes(bytearray(sent.database or b""))) for _ in range(3)]
    assert sent.judge() is arrived[0].judge() is arrived[1].judge() is arrived[2].judge()
    first = Question().judge()
    monkeypatch.setattr(judging, "open_database", lambda: pytest.fail("it was opened again"))
    assert Question.of().judge() is first


def test_threads_share_a_judge() -> None:
    one = Question.of(ruby="3.2.1").judge()
    corpus = texts(60)
    want = [one(text) for text in corpus]
    found: list[list[Row]] = []
    threads = [threading.Thread(target=lambda: found.append([one(text) for text in corpus])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [want] * 4


def test_a_question_that_was_sent_asks_the_same() -> None:
    database: Database = small_database()
    question = Question.of(ruby="3.4.5", database=database)
    assert question.judge()(lockfile(1)) == next(judge([lockfile(1)], ruby="3.4.5", database=database))
