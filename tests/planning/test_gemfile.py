"""What the Gemfile has to say so that it admits a version."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.model.document import Document
from gemaudit.model.plan import Edit
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version
from gemaudit.planning.gemfile import gemfile_of, requirement_edit


def after(line: str, target: str = "1.17.4") -> str | None:
    edit = requirement_edit([Document("Gemfile", f"source 'x'\n{line}\n")], "Gemfile", "ffi", target)
    if edit is None:
        return None
    assert (edit.path, edit.line, edit.before) == ("Gemfile", 2, line.strip())
    return edit.after


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('gem "ffi", "~> 1.16.0"', 'gem "ffi", "~> 1.17", ">= 1.17.4"'),
        ("gem 'ffi', '~> 1.16.0'", "gem 'ffi', '~> 1.17', '>= 1.17.4'"),
        ("""gem "ffi", '1.16.3'""", """gem "ffi", '~> 1.17', '>= 1.17.4'"""),
        ('gem("ffi", "1.16.3")', 'gem("ffi", "~> 1.17", ">= 1.17.4")'),
        ('gem( "ffi" , "1.16.3" )', 'gem( "ffi", "~> 1.17", ">= 1.17.4" )'),
        ('  gem "ffi", "< 1.17"', 'gem "ffi", "~> 1.17", ">= 1.17.4"'),
        ('gem "ffi", ">= 1.15", "< 1.17"', 'gem "ffi", "~> 1.17", ">= 1.17.4"'),
        ('gem "ffi", "< 1.17", "!= 1.17.5"', 'gem "ffi", "~> 1.17", ">= 1.17.4", "!= 1.17.5"'),
        ('gem "ffi", "!= 1.17.4"', 'gem "ffi", "~> 1.17", ">= 1.17.4"'),
        ('gem "ffi", "1.16.3" # not "1.17.0"', 'gem "ffi", "~> 1.17", ">= 1.17.4" # not "1.17.0"'),
        ('gem "ffi", "1.16.3", require: "ffi2"', 'gem "ffi", "~> 1.17", ">= 1.17.4", require: "ffi2"'),
        (
            'gem "ffi", "1.16.3", branch: "1.16", platforms: %i[mri]',
            'gem "ffi", "~> 1.17", ">= 1.17.4", branch: "1.16", platforms: %i[mri]',
        ),
        ('gem "ffi", "1.16.3" if old?', 'gem "ffi", "~> 1.17", ">= 1.17.4" if old?'),
        ('gem "ffi", branch: "1.16"', ""),
        ('gem "ffi", "git" => "1.16"', ""),
        ('gem "ffi" # was "1.15"', ""),
        ('gem "ffi", ["~> 1.15", "< 1.17"]', ""),
        ('gem "ffi", FFI_VERSION', ""),
        ('gem "ffi", "#{x}"', ""),
        ('gem "ffi", "sixteen"', ""),
        ('# gem "ffi", "1.16.3"', None),
        ('gem "ffi-compiler", "1.16.3"', None),
        ('gems "ffi", "1.16.3"', None),
    ],
)
def test_lines(line: str, expected: str | None) -> None:
    assert after(line) == expected


@pytest.mark.parametrize(
    ("target", "requirements"),
    [
        ("1.17.4", '"~> 1.17", ">= 1.17.4"'),
        ("2.0", '"~> 2.0"'),
        ("3", '"~> 3"'),
        ("1.2.3.4", '"~> 1.2", ">= 1.2.3.4"'),
        ("1.17.0.rc2", '"~> 1.17.0.rc2"'),
    ],
)
def test_requirements(target: str, requirements: str) -> None:
    assert after('gem "ffi", "= 1.0"', target) == f'gem "ffi", {requirements}'


@given(st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,4}(\.(rc|pre)[0-9]?)?", fullmatch=True))
def test_the_new_requirements_always_admit_the_target(target: str) -> None:
    line = after("gem 'ffi', '= 0', '!= 999'", target)
    assert line
    _, *requirements = re.findall(r"'([^']+)'", line)
    assert Requirement.parse(requirements).admits(Version.parse(target))


def test_only_the_gemfile_beside_the_lockfile_counts() -> None:
    documents = [Document("Gemfile", 'gem "ffi", "1"'), Document("web/Gemfile", 'gem "ffi", "2"')]
    assert requirement_edit(documents, "web/Gemfile", "ffi", "3") == Edit(
        path="web/Gemfile", line=1, before='gem "ffi", "2"', after='gem "ffi", "~> 3"'
    )
    assert requirement_edit(documents, "api/Gemfile", "ffi", "3") is None


@pytest.mark.parametrize(
    ("lockfile", "gemfile"),
    [
        ("Gemfile.lock", "Gemfile"),
        ("web/Gemfile.lock", "web/Gemfile"),
        ("web/gems.locked", "web/gems.rb"),
        ("gemfiles/rails_7.gemfile.lock", "gemfiles/rails_7.gemfile"),
    ],
)
def test_the_gemfile_of_a_lockfile(lockfile: str, gemfile: str) -> None:
    assert gemfile_of(lockfile) == gemfile
