"""GEM, GIT, PATH and PLUGIN SOURCE: where gems come from, and which ones."""

from gemaudit.lockfiles import misreadings, spec_line
from gemaudit.lockfiles.redaction import redact
from gemaudit.lockfiles.remarks import REWRITE, Remarks
from gemaudit.lockfiles.sections import Section
from gemaudit.lockfiles.spec_line import Spec, Wanted
from gemaudit.model.lockfile import Dependency, Package, Source, SourceKind

_KINDS: dict[str, SourceKind] = {"GEM": "gem", "GIT": "git", "PATH": "path", "PLUGIN SOURCE": "plugin"}
_SPECS = "  specs:"


def read(section: Section, packages: dict[Spec, Package], remarks: Remarks) -> None:
    """Add the packages of a block to `packages`.

    A specification that is there already is replaced in its place, as in `LockfileParser#parse_spec`.
    """
    start = _opening_length(section.lines)
    source = _source(section, start, remarks)
    spec: Spec | None = None
    line = 0
    orphans: list[Dependency] = []
    dependencies = orphans
    read_line = spec_line.source_line
    for number, text in enumerate(section.lines[start:], section.line + 1 + start):
        stated = read_line(text)
        if isinstance(stated, Wanted):
            dependencies.append(Dependency(stated[0], stated[1], number))
            continue
        if stated is None and not _misread(text, number, dependencies, remarks):
            continue
        if spec is not None:
            packages[spec] = _package(spec, source, dependencies, line)
        spec, line, dependencies = stated, number, []
    if spec is not None:
        packages[spec] = _package(spec, source, dependencies, line)
    _remark_on_orphans(orphans, section, remarks)


def _package(spec: Spec, source: Source, dependencies: list[Dependency], line: int) -> Package:
    name, version, platform = spec
    return Package(
        name=name, version=version, platform=platform, origin=source, dependencies=tuple(dependencies), line=line
    )


def _misread(text: str, number: int, dependencies: list[Dependency], remarks: Remarks) -> bool:
    """Say what is wrong with a line, unless it is blank, and return whether it stands where a specification does.

    What is left of a dependency is added to `dependencies`.
    """
    width = spec_line.indentation(text)
    if width == len(text) or text.isspace():
        return False
    if width == spec_line.SPEC:
        misreadings.spec(text, number, remarks)
        return True
    if width != spec_line.DEPENDENCY:
        misreadings.indentation(text, number, remarks)
    elif rescued := misreadings.dependency(text, number, remarks):
        dependencies.append(Dependency(rescued.name, rescued.requirement, number))
    return False


def _remark_on_orphans(orphans: list[Dependency], section: Section, remarks: Remarks) -> None:
    """Point at the dependencies above the first specification, which belong to nothing."""
    for orphan in orphans:
        text = section.lines[orphan.line - section.line - 1]
        misreadings.line(text, orphan.line, remarks, "no gem stands above this dependency", "a gem comes first")


def _opening_length(lines: list[str]) -> int:
    """How many lines describe the source: up to `specs:`, or up to the first deeper line where that is missing."""
    for index, text in enumerate(lines):
        if text[:8] == _SPECS and not text[8:].strip():
            return index + 1
        if text[:4] == "    " and text.strip():
            return index
    return len(lines)


def _source(section: Section, length: int, remarks: Remarks) -> Source:
    remotes: list[str] = []
    options: list[tuple[str, str]] = []
    is_complete = length == len(section.lines)
    for number, text in enumerate(section.lines[:length], section.line + 1):
        key, value = _option(text)
        if key == "specs":
            is_complete = True
        elif key == "remote":
            remotes.append(value)
        elif key:
            options.append((key, value))
        elif text.strip():
            misreadings.indentation(text, number, remarks)
    if not is_complete:
        message = f"this `{section.header}` block has no line `specs:` above its gems"
        remarks.warn("missing-specs", message, hint=REWRITE, line=section.line, text=section.header)
    return Source(kind=_KINDS[section.header], remotes=tuple(remotes), options=tuple(options), line=section.line)


def _option(text: str) -> tuple[str, str]:
    """The key and value of a line `  key: value`, and two empty texts for any other line.

    Bundler's `OPTIONS` wants letters in a key; plugins may write others.
    """
    key, colon, value = text[2:].partition(":")
    is_option = text[:2] == "  " and colon and value[:1] in {"", " "} and spec_line.is_name(key)
    return (key, redact(value.strip())) if is_option else ("", "")
