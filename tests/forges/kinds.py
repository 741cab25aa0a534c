"""What repositories of an organisation look like, and what an audit has to say of each."""

import random
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from forges import contents
from forges.contents import LOCKFILES, project, without_ruby
from forges.git_objects import LINK, SUBMODULE, Entry

Outcome = Literal["audited", "nothing", "failed"]
Files = dict[str, Entry]


class Expected(NamedTuple):
    """The truth of a repository.

    `lockfiles` are those whose bundles can be judged; `why` is the code of what keeps another from it, and with an
    outcome of `failed` nothing in the repository is judged. An organisation's own choices (archived, a fork) are not
    in here: this is what the files say.
    """

    outcome: Outcome
    lockfiles: tuple[str, ...] = ()
    why: str = ""


class Made(NamedTuple):
    """The files of a repository and their truth."""

    files: Files
    expected: Expected


def audited(files: Files, *lockfiles: str, why: str = "") -> Made:
    return Made(files, Expected("audited", tuple(sorted(lockfiles)), why))


def nothing(files: Files, why: str) -> Made:
    return Made(files, Expected("nothing", why=why))


def failed(files: Files, why: str) -> Made:
    return Made(files, Expected("failed", why=why))


def single(chance: random.Random) -> Made:
    return audited(project(chance, chance.choice(LOCKFILES)), "Gemfile.lock")


def new_name(chance: random.Random) -> Made:
    return audited(project(chance, chance.choice(LOCKFILES), "gems.locked"), "gems.locked")


def several(chance: random.Random) -> Made:
    files = project(chance, chance.choice(LOCKFILES))
    files |= project(chance, chance.choice(LOCKFILES), folder="services/api/")
    files |= project(chance, chance.choice(LOCKFILES), "gems.locked", folder="engines/billing/v2/")
    files |= {"gemfiles/rails_7.gemfile.lock": Entry(chance.choice(LOCKFILES))}
    found = ("Gemfile.lock", "services/api/Gemfile.lock", "engines/billing/v2/gems.locked")
    return audited(files, *found, "gemfiles/rails_7.gemfile.lock")


def other_language(chance: random.Random) -> Made:
    return nothing(without_ruby(chance), "no-lockfile")


def empty(_: random.Random) -> Made:
    return nothing({}, "empty-repository")


def vendored(chance: random.Random) -> Made:
    """Only gems that came with their own lockfiles have one."""
    files = without_ruby(chance)
    for place in ("vendor/bundle/ruby/3.3.0/gems/demo-1.0/", "node_modules/sass/", "app/.bundle/plugin/"):
        files[f"{place}Gemfile.lock"] = Entry(chance.choice(LOCKFILES))
    return nothing(files, "no-lockfile")


def vendored_too(chance: random.Random) -> Made:
    files = project(chance, chance.choice(LOCKFILES))
    files["vendor/bundle/ruby/3.3.0/gems/demo-1.0/Gemfile.lock"] = Entry(chance.choice(LOCKFILES))
    return audited(files, "Gemfile.lock")


def ignored_too(chance: random.Random) -> Made:
    """A lockfile that was committed although a .gitignore excludes it, and so counts."""
    files = project(chance, chance.choice(LOCKFILES))
    files |= {".gitignore": Entry(b"/scratch/\n"), "scratch/Gemfile.lock": Entry(chance.choice(LOCKFILES))}
    return audited(files, "Gemfile.lock", "scratch/Gemfile.lock")


def submodules(chance: random.Random) -> Made:
    files = project(chance, chance.choice(LOCKFILES))
    files["engines/common"] = Entry(f"{chance.getrandbits(160):040x}".encode(), SUBMODULE)
    files[".gitmodules"] = Entry(b'[submodule "engines/common"]\n\tpath = engines/common\n\turl = ../common.git\n')
    return audited(files, "Gemfile.lock")


def linked_inside(chance: random.Random) -> Made:
    """A link to the lockfile of another folder, with facts of its own around it."""
    files = project(chance, chance.choice(LOCKFILES), folder="app/")
    files |= {"deploy/Gemfile.lock": Entry(b"../app/Gemfile.lock", LINK), "deploy/.ruby-version": Entry(b"3.4.4\n")}
    return audited(files, "app/Gemfile.lock", "deploy/Gemfile.lock")


def linked_folder(chance: random.Random) -> Made:
    """A link to a folder, which is not followed, as in a clone."""
    files = project(chance, chance.choice(LOCKFILES), folder="app/")
    return audited({**files, "current": Entry(b"app", LINK)}, "app/Gemfile.lock")


def linked_nowhere(chance: random.Random) -> Made:
    files = without_ruby(chance)
    return failed({**files, "Gemfile.lock": Entry(b"build/Gemfile.lock", LINK)}, "unreadable-file")


def linked_outside(chance: random.Random) -> Made:
    files = without_ruby(chance)
    return failed({**files, "Gemfile.lock": Entry(b"../../../etc/passwd", LINK)}, "unreadable-file")


def _broken(content: bytes, why: str) -> Callable[[random.Random], Made]:
    return lambda chance: failed(project(chance, content), why)


def blank(chance: random.Random) -> Made:
    return nothing(project(chance, b"\n"), "empty-lockfile")


def one_of_two(chance: random.Random) -> Made:
    files = project(chance, chance.choice(LOCKFILES)) | project(chance, contents.CONFLICT, folder="tools/")
    return audited(files, "Gemfile.lock", why="merge-conflict")


def wrong_settings(chance: random.Random) -> Made:
    """Settings that cannot be used hide nothing."""
    files = project(chance, chance.choice(LOCKFILES))
    return audited({**files, ".gemaudit.toml": Entry(contents.WRONG_SETTINGS)}, "Gemfile.lock", why="unknown-key")


def large(chance: random.Random) -> Made:
    return audited(project(chance, contents.LARGE), "Gemfile.lock")


def windows(chance: random.Random) -> Made:
    return audited(project(chance, contents.CRLF), "Gemfile.lock")


def deep(chance: random.Random) -> Made:
    """More files than a forge lists at once when its limit is that of `DEEP`, and the lockfile among the last."""
    files = {f"assets/{n % 7}/{n % 13}/{n}.svg": Entry(b"<svg/>\n") for n in range(DEEP + 100)}
    files |= project(chance, chance.choice(LOCKFILES), folder="zz/service/")
    return audited(files, "zz/service/Gemfile.lock")


#: Entries of the largest listing that a server needs in order to cut that of `deep` short.
DEEP = 400
#: Names that a git tree may have, and that mean something to a terminal, a spreadsheet, a page or a shell.
HOSTILE = (
    "red\x1b[31m", "two\nlines", "back\u202egnp", "=HYPERLINK(0)", "@SUM(1+1)", "-rf", "<script>alert(1)<", "$(id)",
    "`id`", "%0A::error::x", "a'b\"c", "%s{x}", "\u00e9t\u00e9 \u2603", "e\u0301te\u0301", "caf\udce9", "::add-mask::",
)  # fmt: skip


def hostile(chance: random.Random) -> Made:
    folder = chance.choice(HOSTILE)
    return audited(project(chance, chance.choice(LOCKFILES), folder=f"{folder}/"), f"{folder}/Gemfile.lock")


#: Kinds by the number of repositories of a thousand that are of each.
KINDS: Mapping[str, tuple[int, Callable[[random.Random], Made]]] = {
    "single": (570, single),
    "new-name": (30, new_name),
    "several": (70, several),
    "other-language": (130, other_language),
    "empty": (20, empty),
    "vendored": (10, vendored),
    "vendored-too": (15, vendored_too),
    "submodules": (20, submodules),
    "linked-inside": (10, linked_inside),
    "linked-folder": (5, linked_folder),
    "linked-nowhere": (5, linked_nowhere),
    "linked-outside": (5, linked_outside),
    "lfs": (10, _broken(contents.LFS_POINTER, "lfs-pointer")),
    "conflict": (10, _broken(contents.CONFLICT, "merge-conflict")),
    "binary": (5, _broken(contents.BINARY, "not-utf-8")),
    "blank": (5, blank),
    "latin-1": (5, _broken(contents.LATIN_1, "not-utf-8")),
    "cut-spec": (10, _broken(contents.CUT_SPEC, "unreadable-spec")),
    "one-of-two": (10, one_of_two),
    "wrong-settings": (5, wrong_settings),
    "windows": (15, windows),
    "large": (3, large),
    "deep": (2, deep),
    "hostile": (30, hostile),
    "ignored-too": (10, ignored_too),
}
