"""Edits of a plan as changes of files."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.model.plan import Edit
from gemaudit.planning.patch import FileChange, diff, patch

GEMFILE = 'source "https://rubygems.org"\r\n\r\n  gem "ffi", "1.16.3"   # old\r\ngem "rake"\r\n'


def edit(line: int, before: str, after: str, path: str = "Gemfile") -> Edit:
    return Edit(path=path, line=line, before=before, after=after)


def test_only_what_is_meant_changes() -> None:
    done = patch([edit(3, 'gem "ffi", "1.16.3"   # old', 'gem "ffi", "1.17.0"   # old')], {"Gemfile": GEMFILE})
    assert [change.after for change in done.changes] == [GEMFILE.replace("1.16.3", "1.17.0")]


def test_several_edits_of_one_file_are_one_change() -> None:
    edits = [
        edit(3, 'gem "ffi", "1.16.3"   # old', "gem 'ffi'"),
        edit(4, 'gem "rake"', "gem 'rake'"),
        edit(0, "", "# end"),
    ]
    (change,) = patch(edits, {"Gemfile": GEMFILE}).changes
    assert change.after.endswith("  gem 'ffi'\r\ngem 'rake'\r\n# end\n")


@pytest.mark.parametrize("text", ["", "gem 'a'", "gem 'a'\n"])
def test_a_new_line_stands_alone(text: str) -> None:
    (change,) = patch([edit(0, "", "gem 'b'")], {"Gemfile": text}).changes
    assert change.after.splitlines() == [*text.splitlines(), "gem 'b'"]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (edit(3, "gem 'ffi'", "x"), "the line has changed since it was read"),
        (edit(99, "gem 'ffi'", "x"), "the line has changed since it was read"),
        (edit(4, 'gem "rake"', ""), "what it shall say depends on what only its authors know"),
        (edit(4, 'gem "rake"', "\x1b[2Jgem"), "the file holds control characters"),
        (edit(1, "x", "y", path="elsewhere"), "the file cannot be read"),
        (edit(4, 'gem "rake"', "gem", path="a\nEND_OF_PATCH\nrm x\n"), "the path holds control characters"),
        (edit(4, 'gem "rake"', "gem", path="\x1b[2J/Gemfile"), "the path holds control characters"),
        (edit(4, 'gem "rake"', "gem", path="\u202eGemfile"), "the path holds control characters"),
    ],
)
def test_what_is_left_for_a_person(wanted: Edit, reason: str) -> None:
    texts = {} if wanted.path == "elsewhere" else {wanted.path: GEMFILE}
    done = patch([wanted], texts)
    assert (done.changes, [refusal.reason for refusal in done.refusals]) == ((), [reason])


@pytest.mark.parametrize("harm", ["\x00", "\x1b[2J", "\x85", "\x9b2J", "\u202e", "\u2066", "\u2028"])
def test_a_file_that_a_terminal_would_obey_is_left_alone(harm: str) -> None:
    text = f"# {harm}\ngem 'a', '1'\n"
    done = patch([edit(2, "gem 'a', '1'", "gem 'a', '2'")], {"Gemfile": text})
    assert (done.changes, [refusal.reason for refusal in done.refusals]) == ((), ["the file holds control characters"])


def test_a_path_that_has_no_place_in_a_diff_makes_none() -> None:
    assert not diff(FileChange(path="a\nEND_OF_PATCH\nrm x\n", before="a\n", after="b\n"))


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)


@given(lines=st.lists(LINES, min_size=1, max_size=8), data=st.data(), last=st.sampled_from(["", "\n"]))
def test_patch_takes_the_diff(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject, last: str
) -> None:
    text = "\n".join(lines) + last
    shown = text.splitlines()
    chosen = data.draw(st.integers(0, len(shown)))
    before = shown[chosen - 1].strip() if chosen else ""
    done = patch([edit(chosen, before, "gem 'new'")], {"Gemfile": text})
    for change in done.changes:
        folder = tmp_path_factory.mktemp("patch")
        file = folder / "Gemfile"
        file.write_bytes(text.encode())
        subprocess.run(["git", "apply", "-p1", "-"], cwd=folder, input=diff(change).encode(), check=True)
        assert file.read_bytes() == change.after.encode()
