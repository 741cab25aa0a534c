"""Gem versions, in the order RubyGems gives them.

A version is a row of numbers and words; a word makes it a prerelease.
Comparison pads the shorter row with zeros that never end,
so a word sorts below the end of a row and a positive number above it: `1.a.0.b < 1.a < 1.a.0.1`.
"""

import re
from functools import lru_cache
from typing import NoReturn, final

# `Gem::Version::ANCHORED_VERSION_PATTERN`, rubygems/version.rb; its `\s` and `[a-zA-Z]` are ASCII.
PATTERN = r"[0-9]+(?>\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_WELL_FORMED = re.compile(PATTERN)
_SEGMENT = re.compile(r"[0-9]+|[a-zA-Z]+")
_RUBY_WHITESPACE = " \t\n\v\f\r"

# RubyGems sets no limit, but Python refuses to read integers of more than 4300 digits;
# a bound far below keeps every well-formed version readable.
MAX_LENGTH = 256

# The tags of `Version.key`: a word is below the end of the row, a positive number above it.
WORD, END, NUMBER = 0, 1, 2


@final
class Version:
    """An immutable gem version, equal to every version that RubyGems orders as the same.

    `1.0 == 1.0.0`, as with `Gem::Version#<=>`; `text` keeps the precision that was written.
    Equal text gives the same object, for as long as the cache remembers it.
    """

    __slots__ = ("_hash", "is_prerelease", "key", "segments", "text")

    text: str  # `Gem::Version#to_s`: stripped, with every hyphen spelled `.pre.`
    segments: tuple[int | str, ...]
    is_prerelease: bool  # there is a letter in it
    key: tuple[int | str, ...]  # sorts like `Gem::Version#<=>`; see `_key_of`
    _hash: int

    def __new__(cls, text: str) -> "Version":
        """Return what `parse` returns."""
        return _parse(text)

    @staticmethod
    def parse(text: str) -> "Version":
        """Return the version that `text` spells; nothing but whitespace spells `0`.

        Raise ValueError where `Gem::Version.correct?` is false, or beyond `MAX_LENGTH` characters.
        """
        return _parse(text)

    @property
    def release(self) -> "Version":
        """The numbers before the first word; the version itself when it has no word."""
        if not self.is_prerelease:
            return self
        return _from_numbers(_leading_numbers(self.segments))

    @property
    def bump(self) -> "Version":
        """The version that `~>` stays below: the last number but one, raised by one."""
        numbers = _leading_numbers(self.segments)
        kept = numbers[:-1] or numbers
        return _from_numbers((*kept[:-1], kept[-1] + 1))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return self.key == other.key

    def __hash__(self) -> int:
        return self._hash

    def __lt__(self, other: "Version") -> bool:
        return self.key < other.key

    def __le__(self, other: "Version") -> bool:
        return self.key <= other.key

    def __gt__(self, other: "Version") -> bool:
        return self.key > other.key

    def __ge__(self, other: "Version") -> bool:
        return self.key >= other.key

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Version({self.text!r})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a version never changes; cannot set `{name}`"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        message = f"a version never changes; cannot delete `{name}`"
        raise AttributeError(message)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _build, (self.text,)


@lru_cache(maxsize=65_536)
def _parse(text: str) -> Version:
    stripped = text.strip(_RUBY_WHITESPACE)
    if not stripped:
        return _build("0")
    if len(text) > MAX_LENGTH:
        message = f"a version has at most {MAX_LENGTH} characters, and this one has {len(text)}"
        raise ValueError(message)
    if _WELL_FORMED.fullmatch(stripped) is None:
        message = f"malformed version `{text}`"
        raise ValueError(message)
    return _build(stripped.replace("-", ".pre."))


@lru_cache(maxsize=65_536)
def _build(text: str) -> Version:
    """Return the version with this `text`, which need not be readable again: `1--a` is `1.pre..pre.a`."""
    words = _SEGMENT.findall(text)
    segments = tuple(int(word) if word[0] <= "9" else word for word in words)
    version = object.__new__(Version)
    key = _key_of(segments)
    assign = object.__setattr__
    assign(version, "text", text)
    assign(version, "segments", segments)
    assign(version, "is_prerelease", any(isinstance(segment, str) for segment in segments))
    assign(version, "key", key)
    assign(version, "_hash", hash(key))
    return version


def _key_of(segments: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return a flat tuple that sorts as the row `segments` does when zeros follow it for ever.

    Each element that is not zero becomes three: its tag, the zeros before it, itself.
    More zeros bring a word closer to the end of the row from below and a number from above,
    hence the count is negative before a number.
    Zeros right before the first word count for nothing: `1.0.a == 1.a` (`#canonical_segments`).
    Since 3.5.0 (338c48f9) RubyGems drops zeros before a *later* word when there are none before the first,
    so `1.a.0.b == 1.a.b` there, against its own comment; here, as before 3.5, a zero is above a word.
    """
    key: list[int | str] = []
    zeros = 0
    in_words = False
    for segment in segments:
        if segment == 0:
            zeros += 1
        elif isinstance(segment, str):
            key += (WORD, zeros if in_words else 0, segment)
            in_words, zeros = True, 0
        else:
            key += (NUMBER, -zeros, segment)
            zeros = 0
    key.append(END)
    return tuple(key)


def _leading_numbers(segments: tuple[int | str, ...]) -> tuple[int, ...]:
    numbers: list[int] = []
    for segment in segments:
        if isinstance(segment, str):
            break
        numbers.append(segment)
    return tuple(numbers)


def _from_numbers(numbers: tuple[int, ...]) -> Version:
    return _build(".".join(map(str, numbers)))
