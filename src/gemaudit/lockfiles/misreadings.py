"""What to say about a line that is not what its section holds."""

from gemaudit.lockfiles import spec_line
from gemaudit.lockfiles.remarks import REWRITE, Remarks
from gemaudit.lockfiles.spec_line import Wanted


def spec(text: str, number: int, remarks: Remarks) -> None:
    """Say why a line is no specification; an error, because a gem would be lost."""
    found = spec_line.entry(text.strip())
    version = found.inside.partition("-")[0].strip() if found and found.inside else ""
    if version and not spec_line.is_version(version):
        remarks.add(
            "malformed-version",
            f"`{version[:40]}` is not a version that RubyGems reads",
            hint=f"a version reads `1.2.3` or `1.2.3.rc1`; {REWRITE}",
            line=number,
            text=text,
            about=version,
        )
        return
    missing, form = ("platform", "name (version-platform)") if version else ("version", "name (version)")
    remarks.add(
        "unreadable-spec",
        f"this line names no gem {missing}",
        hint=f"a specification reads `{form}`; {REWRITE}",
        line=number,
        text=text,
    )


def dependency(text: str, number: int, remarks: Remarks) -> Wanted | None:
    """Say why a line is no dependency, and return what is left of it: the name, or None."""
    found = spec_line.entry(text.strip())
    if found is None:
        line(text, number, remarks, "this line names no gem", "a dependency reads `name (requirement)`")
        return None
    requirement = (found.inside or "").strip()
    remarks.warn(
        "malformed-requirement",
        f"`{requirement[:40]}` is not a requirement that RubyGems reads, so any version counts as wanted",
        hint=f"a requirement reads `~> 1.2` or `>= 1, < 3`; {REWRITE}",
        line=number,
        text=text,
        about=requirement,
    )
    return Wanted(found.name, spec_line.ANY, found.pinned)


def indentation(text: str, number: int, remarks: Remarks) -> None:
    """Say that a line of a source block is not where its kind of line belongs.

    It is an error where the line may name a gem.
    """
    width = spec_line.indentation(text)
    has_tab = text[width : width + 1].isspace()
    is_key = width == spec_line.ITEM and spec_line.spec(text.strip()) is None
    if not has_tab and (is_key or width > spec_line.DEPENDENCY):
        line(text, number, remarks, "this line is no part of a source block", "its keys read `key: value`")
        return
    where = "with a tab" if has_tab else f"by {width}"
    remarks.add(
        "unreadable-spec",
        f"this line is indented {where}, where no gem is read",
        hint=f"specifications are indented by 4 spaces, their dependencies by 6; {REWRITE}",
        line=number,
        text=text,
    )


def line(text: str, number: int, remarks: Remarks, message: str, rule: str) -> None:
    """Say that a line was passed over."""
    remarks.warn("unreadable-line", message, hint=f"{rule}; {REWRITE}", line=number, text=text)
