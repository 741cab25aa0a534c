"""TOML is read into types, and whatever is wrong has its line."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import LOCK
from gemaudit.model.document import Document
from gemaudit.model.typed_toml import Lines, Location, parse


class Item(msgspec.Struct, forbid_unknown_fields=True):
    value: int = 0
    words: tuple[str, ...] = ()
    inner: "Inner | None" = None
    many: "tuple[Inner, ...]" = ()


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    value: int = 0


class File(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    text: str = ""
    item: tuple[Item, ...] = ()
    table: Item | None = None


GOOD = '''\
id = "x"  # a comment = [[item]]
text = """
[[item]]
value = "not a key"
id = 1
"""

[[item]]
value = 1
words = [
    "a",  # ], "b"
    "[[item]]",
]
inner = { value = 1 }

[[item]]
words = ['a', 'b']
many = [
    { value = 1 },
    { value = 2,
      # a comment
      value2 = 3 },
]
[item.inner]
value = 2
[[item.many]]
value = 3

[[item.many]]
value = 4

[table]
inner.value = 3
"words" = [['''

WHOLE = GOOD + '"a"], ["b"]]\n'


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 1),
        (("id",), 1),
        (("text",), 2),
        (("item",), 8),
        (("item", 0), 8),
        (("item", 0, "value"), 9),
        (("item", 0, "words"), 10),
        (("item", 0, "words", 0), 11),
        (("item", 0, "words", 1), 12),
        (("item", 0, "words", 9), 10),
        (("item", 0, "inner"), 14),
        (("item", 0, "inner", "value"), 14),
        (("item", 1), 16),
        (("item", 1, "value"), 16),
        (("item", 1, "words", 1), 17),
        (("item", 1, "many", 0), 19),
        (("item", 1, "many", 1), 20),
        (("item", 1, "many", 1, "value2"), 22),
        (("item", 1, "inner"), 24),
        (("item", 1, "inner", "value"), 25),
        (("table",), 32),
        (("table", "inner"), 33),
        (("table", "inner", "value"), 33),
        (("table", "words", 1, 0), 34),
        (("nothing", 3), 1),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_place_has_its_line(location: Location, line: int, newline: str) -> None:
    assert Lines(WHOLE.replace("\n", newline)).of(location) == line


NESTED = """\
[[item]]
[[item.many]]
value = 1
[[item]]
[[item.many]]
value = 2
[[item.many]]
value = 3
"""


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("item", 0, "many", 0, "value"), 3),
        (("item", 1, "many", 0, "value"), 6),
        (("item", 1, "many", 1), 7),
        (("item", 1, "many", 1, "value"), 8),
    ],
)
def test_tables_below_an_array_of_tables_belong_to_its_last_one(location: Location, line: int) -> None:
    assert Lines(NESTED.replace("[[item.many]]", "[[ item . many ]]")).of(location) == line


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ("", "wrong-value", 1, "object missing required field `id`"),
        ("id = 1", "wrong-value", 1, "expected `str`, got `int` in `id`"),
        ('id = "x"\nidd = 2', "unknown-key", 2, "unknown key `idd`"),
        ('id = "x"\n[[item]]\n\n[[item]]\nvalues = 1', "unknown-key", 5, "unknown key `values`"),
        ('id = "x"\n[[item]]\n[[item]]\nvalue = "1"', "wrong-value", 4, "expected `int`, got `str` in `item[1].value`"),
        (
            'id = "x"\n[[item]]\nwords = [\n"a",\n1,\n]',
            "wrong-value",
            5,
            "expected `str`, got `int` in `item[0].words[1]`",
        ),
        (
            'id = "x"\n[[item]]\n[item.inner]\nvalue = true',
            "wrong-value",
            4,
            "expected `int`, got `bool` in `item[0].inner.value`",
        ),
        (
            'id = "x"\ntext = """\n[[item]]\n"""\n[[item]]\nvalue = 1.5',
            "wrong-value",
            6,
            "expected `int`, got `float` in `item[0].value`",
        ),
        ('id = "x"\nid = "y"', "invalid-toml", 2, "this is not TOML: Cannot overwrite a value"),
        ('id = "x', "invalid-toml", 1, "this is not TOML: Unterminated string"),
        ("id = " + "9" * 5000, "invalid-toml", 0, "this is not TOML: a number or the nesting is too large"),
        ("id = " + "[" * 5000, "invalid-toml", 0, "this is not TOML: a number or the nesting is too large"),
        ('id = "\N{LINE SEPARATOR}"\nx = 1', "unknown-key", 2, "unknown key `x`"),
    ],
    ids=[
        "nothing", "type", "unknown key", "unknown key of an item", "type in an item", "item of an array",
        "table below an item", "after a header in a string", "twice", "open string", "long number", "deep", "separator",
    ],
)  # fmt: skip
def test_faults(text: str, code: str, line: int, message: str) -> None:
    value, _, (fault,) = parse(Document(LOCK, text), File, guide="a page")
    assert value is None
    assert (fault.code, fault.line, fault.message, fault.path) == (code, line, message, LOCK)
    assert fault.hint == ("see https://toml.io for the syntax" if code == "invalid-toml" else "see a page")
    assert fault.text == (text.split("\n")[line - 1][:120] if line else "")


def test_what_is_right_has_no_diagnostics() -> None:
    value, lines, faults = parse(Document(LOCK, 'id = "x"\n[table]\nvalue = 3'), File, guide="")
    assert (value, faults) == (File(id="x", table=Item(value=3)), ())
    assert lines.of(("table", "value")) == 3
    assert (lines.text(3), lines.text(0), lines.text(4)) == ("value = 3", "", "")


TOML = st.lists(
    st.sampled_from(['"""', "'''", '"', "'", "[", "]", "{", "}", "=", ",", ".", "\n", "\r\n", "#", "\\", "a", "1", " "])
).map("".join)


@given(st.text() | TOML)
def test_no_text_makes_it_raise(text: str) -> None:
    value, lines, faults = parse(Document(LOCK, text), File, guide="")
    assert (value is None) == bool(faults)
    assert all(0 <= fault.line <= text.count("\n") + 1 for fault in faults)
    if not faults or faults[0].code != "invalid-toml":
        assert 1 <= lines.of(("item", 0, "value")) <= text.count("\n") + 1
