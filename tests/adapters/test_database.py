"""Where advisory databases come from, and what several of them say together."""

from pathlib import Path

import pytest

from builders import advisory, affected
from gemaudit.adapters.database import SOURCES, advisory_documents, compile_folder, load_database, open_database
from gemaudit.advisories import Database, DatabaseError, compile_database, load

TEXT = """\
id = "{id}"
title = "{title}"
kind = "unsound"
class = "gc-mark"
severity = "high"
published = 2026-01-01
modified = 2026-01-01
description = "It crashes."
{more}

[[affected]]
gem = "ffi"
ranges = [{{ introduced = "0", fixed = "{fixed}" }}]

[[evidence]]
type = "fix"
url = "https://example.org/fix"
"""
ONE, TWO, THREE = "GMSA-2026-0001", "GMSA-2026-0002", "GMSA-2026-0003"


def write(folder: Path, id_: str = ONE, title: str = "T", *, more: str = "", fixed: str = "2") -> Path:
    file = folder / "gems" / "ffi" / f"{id_}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEXT.format(id=id_, title=title, more=more, fixed=fixed))
    return file


def titles(found: Database) -> dict[str, str]:
    return {one.id: one.title for one in found}


def test_a_folder_a_file_and_a_compiled_file_say_the_same(tmp_path: Path) -> None:
    file = write(tmp_path)
    compiled = tmp_path / "advisories.db"
    compiled.write_bytes(compile_folder(tmp_path))
    loaded = [load_database(place) for place in (tmp_path, str(file), compiled)]
    assert [tuple(found) for found in loaded] == [tuple(loaded[0])] * 3
    assert {found.revision for found in (*loaded, load(str(compiled)))} == {loaded[0].revision}


def test_a_later_database_overrides_an_earlier_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write(first, ONE, "first")
    write(first, TWO, "first")
    write(second, TWO, "second")
    write(second, THREE, "second")
    assert titles(open_database([first, second])) == {ONE: "first", TWO: "second", THREE: "second"}
    assert titles(open_database([second, first])) == {ONE: "first", TWO: "first", THREE: "second"}


def test_a_withdrawal_overrides_too(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write(first)
    write(second, more="withdrawn = 2026-02-01")
    found = open_database([first, second])
    assert found.for_gem("ffi") == ()
    assert len(found.find(ONE)) == 1


def test_without_paths_it_is_the_one_that_comes_with_the_package() -> None:
    assert open_database().revision == load_database(SOURCES).revision


def test_a_byte_order_mark_and_carriage_returns_play_no_part(tmp_path: Path) -> None:
    file = write(tmp_path)
    expected = compile_folder(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert compile_folder(tmp_path) == expected


def test_documents_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    files = [write(tmp_path, id_) for id_ in (THREE, ONE, TWO)]
    assert [document.path for document in advisory_documents([tmp_path])] == sorted(file.as_posix() for file in files)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated"),
        (b"# no database\n", "damaged"),
        (compile_database([advisory(ONE, affected("ffi", "0...2"))])[:-9], "truncated"),
    ],
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "advisories.db"
    file.write_bytes(content)
    with pytest.raises(DatabaseError, match=message):
        load_database(file)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be read: No such file"):
        load_database(tmp_path / "advisories.db")
    with pytest.raises(DatabaseError, match="there is no advisory database"):
        load_database(tmp_path / "one.toml")


def test_a_folder_without_advisories(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no advisories below"):
        load_database(tmp_path)


def test_an_advisory_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, fixed="two")
    with pytest.raises(DatabaseError, match=rf"{file.as_posix()}:13: malformed version `two`"):
        load_database(tmp_path)


def test_an_advisory_that_is_not_text(tmp_path: Path) -> None:
    write(tmp_path).write_bytes(b"id = '\xff'")
    with pytest.raises(DatabaseError, match=r"is not UTF-8 text \(byte 6\)"):
        load_database(tmp_path)
