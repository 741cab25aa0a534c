"""The statements of a Ruby file that surely run, read as text: Ruby code is never run.

A statement is one line that no condition, loop, method or rescue surrounds. Blocks that a server or Rails calls
in any case (`Rails.application.configure do`, `before_fork do`) and guards that ask whether Ruby knows a method
do not make it conditional. A file whose blocks do not add up is not understood, and states nothing.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

# Patterns that few files need are compiled when one does.
_MOST_LINES = 2000
_LONGEST_LINE = 500
_HEREDOC = r"<<[~-]?(?P<quote>[\"'`]?)(?P<name>[A-Z][A-Z0-9_]*)(?P=quote)"
_WORD = re.compile(r"(?<![\w.:@$])(?P<word>[a-z]+)(?![\w?!]|:(?!:)|\s*=[^=~>])")
_OPENERS = frozenset({"if", "unless", "case", "while", "until", "for", "begin", "def", "class", "module"})
_MODIFIERS = frozenset({"if", "unless", "while", "until"})
_LOOPS = frozenset({"while", "until", "for"})
_TURNS = frozenset({"else", "elsif", "when", "in", "rescue", "ensure"})
_GOES_ON = re.compile(r"(?:[,\\.(\[{+*/&|?:=<>-]|\b(?:and|or|not))\s*$")
_CALLED = (
    r"(?:Rails\.application\.config(?:ure)?|config|Rails\.application)?\.?"
    r"(?:configure|after_initialize|to_prepare|before_fork|before_worker_boot|on_worker_boot|on_worker_fork"
    r"|before_worker_fork|after_worker_fork|after_fork|after_worker_boot)"
    r"(?:\s*\(\s*\))?\s+do(?:\s*\|[^|]*\|)?"
)
_GUARD = (
    r"(?:defined\?\s*\(?\s*(?:::)?(?:RubyVM::[YZ]JIT(?:\.enable)?|GC\.\w+=?|Process\.warmup)\s*\)?"
    r"|(?:GC|Process|RubyVM::YJIT)\.respond_to\?\s*\(?\s*:(?:compact|auto_compact=?|verify_compaction_references|warmup|enable)\s*\)?"
    r"|Rails\.env\.production\?)"
)


class Statement(Struct, frozen=True):
    """A statement without its comment and without a guard, and its 1-based line."""

    text: str
    line: int


def statements(lines: Sequence[str]) -> tuple[Statement, ...]:
    """The statements that surely run, in their order."""
    reader = _Reader()
    if len(lines) > _MOST_LINES or not all(reader.take(number, line) for number, line in enumerate(lines, 1)):
        return ()
    return tuple(reader.found) if reader.is_complete else ()


class _Reader:
    """Goes through the lines and keeps the blocks that are open, each with whether what is in it surely runs."""

    def __init__(self) -> None:
        self.found: list[Statement] = []
        self._open: list[bool] = []
        self._depth = 0
        self._skipped_until = ""
        self._goes_on = False

    @property
    def is_complete(self) -> bool:
        """Whether everything that was opened is closed."""
        return not self._open and not self._depth and self._skipped_until in {"", "__END__"}

    def take(self, number: int, line: str) -> bool:
        """Read one line; false where it cannot be understood."""
        if self._skipped_until:
            self._end_skipping(line)
            return True
        if line.startswith("=begin") or line.rstrip() == "__END__":
            self._skipped_until = "=end" if line.startswith("=begin") else "__END__"
            return True
        split = _code(line) if len(line) <= _LONGEST_LINE else None
        if split is None:
            return False
        code, plain = split
        if not plain.strip():
            return True
        if "<<" in code and (heredoc := re.search(_HEREDOC, code)):
            self._skipped_until = heredoc["name"]
        return self._read(number, code.strip(), plain.strip())

    def _end_skipping(self, line: str) -> None:
        ends = line.startswith("=end") if self._skipped_until == "=end" else line.strip() == self._skipped_until
        if ends and self._skipped_until != "__END__":
            self._skipped_until = ""

    def _read(self, number: int, code: str, plain: str) -> bool:
        is_inner = self._goes_on or self._depth > 0
        self._goes_on = _GOES_ON.search(plain) is not None
        self._depth += sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))
        words = [found["word"] for found in _WORD.finditer(plain)]
        first = words[0] if words and plain.startswith(words[0]) else ""
        if first in _TURNS and self._open:
            self._open[-1] = False
        if not is_inner and first not in {*_OPENERS, *_TURNS, "end"} and "do" not in words and all(self._open):
            self._state(number, code, plain, words)
        return self._count(words, first, plain) and self._depth >= 0

    def _state(self, number: int, code: str, plain: str, words: list[str]) -> None:
        if _MODIFIERS & set(words):
            head, word, guard = code.rpartition(" if ")
            if not word or not re.fullmatch(_GUARD, guard.strip()) or _MODIFIERS & {*head.split()}:
                return
            code = head
        if ";" not in plain:
            self.found.append(Statement(code.strip(), number))

    def _count(self, words: list[str], first: str, plain: str) -> bool:
        """Open and close the blocks of a line; false where more is closed than open."""
        for position, word in enumerate(words):
            is_first = position == 0 and word == first
            is_value = re.search(rf"=\s*{word}\b", plain) is not None
            if word == "end":
                if not self._open:
                    return False
                self._open.pop()
            elif word == "do":
                if not _LOOPS & {first}:
                    self._open.append(re.fullmatch(_CALLED, plain) is not None)
            elif word in _OPENERS and (is_first or is_value or word not in _MODIFIERS):
                self._open.append(self._is_certain(word, plain) if is_first else False)
        return True

    @staticmethod
    def _is_certain(word: str, plain: str) -> bool:
        """Whether what a block holds surely runs: the body of a class, or of a guard that is there for old Rubies."""
        return word in {"class", "module"} or (
            word == "if"
            and re.fullmatch(_GUARD, plain.removeprefix("if").strip().removesuffix("then").strip()) is not None
        )


def _code(line: str) -> tuple[str, str] | None:
    """A line without its comment, and the same without what is in its strings; None where a string does not end."""
    code: list[str] = []
    plain: list[str] = []
    position = 0
    while position < len(line):
        letter = line[position]
        if letter == "#":
            break
        end = position + 1
        if letter in "\"'`":
            end = _string_end(line, position)
            if end < 0:
                return None
            plain.append(letter * 2)
        else:
            plain.append(letter)
        code.append(line[position:end])
        position = end
    return "".join(code), "".join(plain)


def _string_end(line: str, start: int) -> int:
    position = start + 1
    while position < len(line):
        if line[position] == "\\":
            position += 1
        elif line[position] == line[start]:
            return position + 1
        position += 1
    return -1
