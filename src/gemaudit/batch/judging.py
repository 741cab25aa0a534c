"""The judge of a corpus: texts in, rows out."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from gemaudit.adapters.database import open_database
from gemaudit.adapters.tables import ruby_releases, shipped_gems
from gemaudit.advisories.database import Database, compile_database
from gemaudit.batch.row import Row, row_of
from gemaudit.environments import Stated, stated_facts
from gemaudit.pipeline import Input, Knowledge
from gemaudit.pipeline import judge as judge_one

#: As many rows are remembered, and as long as they have no more findings than that: 40 MiB at most.
MOST_ROWS = 10_000
MOST_FINDINGS = 250_000


def judge(
    texts: Iterable[str | bytes | None],
    *,
    ruby: str | None = None,
    platform: str | None = None,
    features: Sequence[str] = (),
    database: Database | None = None,
) -> Iterator[Row]:
    """One row for each text, in the same order: what `gemaudit.audit` says of it, without a plan.

    The keywords are those of `gemaudit.audit`. No text makes this raise; the bounds of `gemaudit.lockfiles` hold.
    Raises ValueError for a Ruby, a platform or a feature that has no meaning, DatabaseError where there is no database,
    and TypeError, when it comes to it, for what is neither text nor bytes nor None.
    """
    return map(_judge(ruby, platform, tuple(features), database), texts)


class Question(Struct, frozen=True, kw_only=True):
    """What is asked about every text, as a value that can be sent to another process.

    `database` is the compiled form; None stands for the database that is bundled with the gemaudit that answers.
    """

    ruby: str | None = None
    platform: str | None = None
    features: tuple[str, ...] = ()
    database: bytes | None = None

    @classmethod
    def of(
        cls,
        *,
        ruby: str | None = None,
        platform: str | None = None,
        features: Sequence[str] = (),
        database: Database | None = None,
    ) -> "Question":
        """The question that the keywords of `judge` ask; raises ValueError for a word that has no meaning."""
        _stated(ruby, platform, tuple(features))
        compiled = None if database is None else compile_database(database)
        return cls(ruby=ruby, platform=platform, features=tuple(features), database=compiled)

    def judge(self) -> "Judge":
        """The judge of this process who answers it, the same for equal questions."""
        database = None if self.database is None else _opened(self.database)
        return _judge(self.ruby, self.platform, self.features, database)


class Judge:
    """Judges texts; a text that it remembers only once.

    The threads of a process may share one.
    """

    def __init__(self, stated: Stated, knowledge: Knowledge) -> None:
        self.judged = 0
        self._stated = stated
        self._knowledge = knowledge
        self._revision = knowledge.database.revision
        self._remembered = _Rows()

    def __call__(self, text: str | bytes | None) -> Row:
        """The row about a text.

        Raises TypeError for what is neither text nor bytes nor None.
        """
        if text is None:
            return Row(status="missing", database=self._revision)
        if not isinstance(text, str | bytes):
            raise TypeError(f"a lockfile is text or bytes, and this is {type(text).__name__}")
        # A lone surrogate is no UTF-8 in bytes either, which the reader says.
        content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        digest = hashlib.sha256(content).digest()
        row = self._remembered.get(digest)
        if row is None:
            row = self._row(content)
            self.judged += 1
            self._remembered.add(digest, row)
        return row

    def _row(self, content: bytes) -> Row:
        judgement = judge_one(Input(path="Gemfile.lock", content=content), self._stated, self._knowledge)
        return row_of(judgement.audit, self._revision)


class _Rows:
    """The rows that were asked for last, by digest."""

    def __init__(self) -> None:
        self._rows: OrderedDict[bytes, Row] = OrderedDict()
        self._findings = 0
        self._lock = threading.Lock()

    def get(self, digest: bytes) -> Row | None:
        with self._lock:
            row = self._rows.get(digest)
            if row is not None:
                self._rows.move_to_end(digest)
            return row

    def add(self, digest: bytes, row: Row) -> None:
        with self._lock:
            if digest in self._rows:
                return
            self._rows[digest] = row
            self._findings += len(row.findings)
            while len(self._rows) > MOST_ROWS or self._findings > MOST_FINDINGS:
                _, gone = self._rows.popitem(last=False)
                self._findings -= len(gone.findings)


# A worker lives long and is asked few questions.
@lru_cache(maxsize=4)
def _judge(ruby: str | None, platform: str | None, features: tuple[str, ...], database: Database | None) -> Judge:
    opened = database if database is not None else open_database()
    knowledge = Knowledge(database=opened, releases=ruby_releases(), shipped=shipped_gems())
    return Judge(_stated(ruby, platform, features), knowledge)


@lru_cache(maxsize=4)
def _opened(compiled: bytes) -> Database:
    return Database(compiled)


def _stated(ruby: str | None, platform: str | None, features: tuple[str, ...]) -> Stated:
    facts = stated_facts(ruby=ruby, platforms=(platform,) if platform else (), features=features)
    return Stated(command_line=facts)
