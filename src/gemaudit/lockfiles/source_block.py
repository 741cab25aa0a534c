"""GEM, GIT, PATH and PLUGIN SOURCE: where gems come from, and which ones."""

from gemaudit.lockfiles import misreadings, spec_line
from gemaudit.lockfiles.redaction import redact
from gemaudit.lockfiles.remarks import REWRITE, Remarks
from gemaudit.lockfiles.sections import Section
from gemaudit.lockfiles.spec_line import Spec
from gemaudit.model.lockfile import Dependency, Package, Source, SourceKind

_KINDS: dict[str, SourceKind] = {"GEM": "gem", "GIT": "git", "PATH": "path", "PLUGIN SOURCE": "plugin"}
_SPECS = "  specs:"


def read(section: Section, packages: dict[Spec, Package], remarks: Remarks) -> None:
    """Add the packages of a block to `packages`.

    A specification that is there already is replaced in its place, as in `LockfileParser#parse_spec`.
    """
    length = _opening_length(section.lines)
    source = _source(section, length, remarks)
    spec: Spec | None = None
    line = 0
    orphans: list[Dependency] = []
    dependencies = orphans
    for number, text in enumerate(section.lines[length:], section.line + 1 + length):
        if text[:6] == "      " and text[6:7] > " ":
            if wanted := spec_line.dependency(text[6:]) or misreadings.dependency(text, number, remarks):
                dependencies.append(Dependency(wanted[0], wanted[1], number))
        elif text[:4] == "    " and text[4:5] > " ":
            if spec is not None:
                packages[spec] = _package(spec, source, dependencies, line)
            spec = spec_line.spec(text[4:])
            line = number
            dependencies = []
            if spec is None:
                misreadings.spec(text, number, remarks)
        elif text and not text.isspace():
            misreadings.indentation(text, number, remarks)
    if spec is not None:
        packages[spec] = _package(spec, source, dependencies, line)
    for orphan in orphans:
        text = section.lines[orphan.line - section.line - 1]
        misreadings.line(text, orphan.line, remarks, "no gem stands above this dependency", "a gem comes first")


def _package(spec: Spec, source: Source, dependencies: list[Dependency], line: int) -> Package:
    name, version, platform = spec
    return Package(
        name=name, version=version, platform=platform, origin=source, dependencies=tuple(dependencies), line=line
    )


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
