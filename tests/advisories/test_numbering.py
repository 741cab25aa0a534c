"""Placeholders are welcome until they ship, and get their numbers without losing a byte."""

import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from builders import advisory, affected
from gemaudit.adapters.database import compile_folder
from gemaudit.adapters.numbering import assign_numbers
from gemaudit.advisories import DatabaseError
from gemaudit.advisories.lint import lint
from gemaudit.advisories.numbering import PLACEHOLDER, number, renumbered
from gemaudit.model.advisory import Advisory
from gemaudit.model.document import Document

TEXT = """\
# The first line.\r
aliases = ["CVE-{year}-{alias}"]
id   = "{id}"  # a comment
title = "Something is not marked"
kind = "unsound"
class = "gc-mark"
severity = "high"
published = {year}-01-01
modified = 2026-11-21
description = "It crashes, as id = \\"GMSA-0000-0000\\" does."

[[affected]]
gem = "{gem}"
ranges = [{{ introduced = "0", fixed = "1.5" }}]

[[evidence]]
type = "fix"
url = "https://example.org/fix"

[[example]]
version = "1.2"
status = "affected"

[[example]]
version = "1.5"
status = "not_affected"
"""


def write(folder: Path, gem: str, id_: str = PLACEHOLDER, *, year: int = 2026, before: str = "") -> Path:
    file = folder / "gems" / gem / f"{id_}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = before + TEXT.format(id=id_, gem=gem, year=year, alias=len(list(folder.rglob("*.toml"))) + 1000)
    file.write_bytes(text.encode())
    return file


def unnumbered(year: int) -> Advisory:
    day = datetime.date(year, 1, 1)
    return replace(advisory(PLACEHOLDER, affected("ffi", "0...2")), published=day, modified=day)


def test_the_next_number_follows_the_highest_of_the_year() -> None:
    there = [("x", advisory("GMSA-2026-0007")), ("y", advisory("GMSA-2026-0003")), ("z", advisory("GMSA-2025-0100"))]
    waiting = [("gems/oj", unnumbered(2026)), ("gems/ffi", unnumbered(2026)), ("gems/pg", unnumbered(2024))]
    expected = {"gems/ffi": "GMSA-2026-0008", "gems/oj": "GMSA-2026-0009", "gems/pg": "GMSA-2024-0001"}
    assert number([*there, *waiting]) == number([*reversed(waiting), *there]) == expected


def test_a_year_ends_at_9999() -> None:
    with pytest.raises(ValueError, match="the year 2026 has no number left for b"):
        number([("a", advisory("GMSA-2026-9999")), ("b", unnumbered(2026))])


def test_only_the_id_changes() -> None:
    assert renumbered(b'#\r\nid = "GMSA-0000-0000" # x\r\n', "GMSA-2026-0001") == b'#\r\nid = "GMSA-2026-0001" # x\r\n'
    assert renumbered(b"id='GMSA-0000-0000'", "GMSA-2026-0001") == b"id='GMSA-2026-0001'"
    with pytest.raises(ValueError, match="does not begin a line"):
        renumbered(b'"id" = "GMSA-0000-0000"', "GMSA-2026-0001")


def test_the_linter_takes_placeholders_of_any_year(tmp_path: Path) -> None:
    files = [write(tmp_path, "ffi", year=2020), write(tmp_path, "oj")]
    documents = [Document(file.as_posix(), file.read_text(encoding="utf-8")) for file in files]
    advisories, problems = lint(documents, lambda _, example: example.status)
    assert [one.id for one in advisories] == [PLACEHOLDER, PLACEHOLDER]
    assert [problem.message for problem in problems] == []


def test_the_linter_takes_no_other_zeros(tmp_path: Path) -> None:
    file = write(tmp_path, "ffi", "GMSA-0000-0001")
    _, problems = lint([Document(file.as_posix(), file.read_text("utf-8"))], lambda _, example: example.status)
    assert [problem.code for problem in problems] == ["id-year"]


def test_files_are_renamed_and_otherwise_the_same(tmp_path: Path) -> None:
    kept = write(tmp_path, "ffi", "GMSA-2026-0041")
    old, other = write(tmp_path, "oj"), write(tmp_path, "pg", year=2020)
    before = {file: file.read_bytes() for file in (kept, old, other)}
    new, second = old.with_name("GMSA-2026-0042.toml"), other.with_name("GMSA-2020-0001.toml")
    assert assign_numbers(tmp_path) == ((old, new), (other, second))
    assert set(tmp_path.rglob("*.toml")) == {kept, new, second}
    assert kept.read_bytes() == before[kept]
    assert new.read_bytes() == before[old].replace(b"GMSA-0000-0000", b"GMSA-2026-0042", 1)
    assert assign_numbers(tmp_path) == ()
    assert compile_folder(tmp_path)


def test_nothing_is_written_where_one_file_cannot_be_renumbered(tmp_path: Path) -> None:
    first = write(tmp_path, "ffi")
    second = write(tmp_path, "oj")
    second.write_bytes(second.read_bytes().replace(b"id   =", b'"id" ='))
    with pytest.raises(DatabaseError, match=r"oj/GMSA-0000-0000\.toml: .* does not begin a line"):
        assign_numbers(tmp_path)
    assert set(tmp_path.rglob("*.toml")) == {first, second}


def test_a_line_of_prose_is_not_taken_for_the_id(tmp_path: Path) -> None:
    file = write(tmp_path, "ffi", before='confirm = """\nid = "GMSA-0000-0000"\n"""\n')
    with pytest.raises(DatabaseError, match="first `id` line is not that of the advisory"):
        assign_numbers(tmp_path)
    assert file.exists()


def test_a_file_in_the_way_is_kept(tmp_path: Path) -> None:
    old = write(tmp_path, "ffi")
    taken = old.with_name("GMSA-2026-0001.toml")
    taken.write_bytes(old.read_bytes().replace(b"GMSA-0000-0000", b"GMSA-2025-0001", 1).replace(b"CVE-2026", b"CVE-1"))
    content = taken.read_bytes()
    with pytest.raises(DatabaseError, match="cannot be written: File exists"):
        assign_numbers(tmp_path)
    assert (old.exists(), taken.read_bytes()) == (True, content)


def test_a_placeholder_never_ships(tmp_path: Path) -> None:
    write(tmp_path, "oj", "GMSA-2026-0001")
    write(tmp_path, "ffi")
    with pytest.raises(DatabaseError, match=r"ffi/GMSA-0000-0000\.toml has no number yet; `gemaudit db assign`"):
        compile_folder(tmp_path)
