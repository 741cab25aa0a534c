"""GEM, GIT, PATH and PLUGIN SOURCE: where gems come from, and which ones."""

from gemaudit.lockfiles import spec_line
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
    dependencies: list[Dependency] = []
    for number, text in enumerate(section.lines[length:], section.line + 1 + length):
        if text[:6] == "      " and text[6:7] > " ":
            dependencies.append(_dependency(text, number, remarks))
            if not line:
                _remark_on_orphan(text, number, remarks)
        elif text[:4] == "    " and text[4:5] > " ":
            if spec is not None:
                packages[spec] = _package(spec, source, dependencies, line)
            spec = spec_line.spec(text[4:])
            line = number
            dependencies = []
            if spec is None:
                remark_on_spec(text, number, remarks)
        elif text and not text.isspace():
            _remark_on_indentation(text, number, remarks)
    if spec is not None:
        packages[spec] = _package(spec, source, dependencies, line)


def _package(spec: Spec, source: Source, dependencies: list[Dependency], line: int) -> Package:
    name, version, platform = spec
    return Package(
        name=name, version=version, platform=platform, origin=source, dependencies=tuple(dependencies), line=line
    )


def _dependency(text: str, number: int, remarks: Remarks) -> Dependency:
    found = spec_line.dependency(text[6:])
    if found is not None and found[1] is not None:
        return Dependency(found[0], found[1], number)
    if found is None:
        remarks.warn(
            "unreadable-line",
            "this line names no gem",
            hint=f"a dependency reads `name (requirement)`; {REWRITE}",
            line=number,
            text=text,
        )
        return Dependency("", spec_line.ANY, number)
    remark_on_requirement(text, number, remarks)
    return Dependency(found[0], spec_line.ANY, number)


def _opening_length(lines: list[str]) -> int:
    """How many lines describe the source: up to `specs:`, or up to the first specification where that is missing."""
    for index, text in enumerate(lines):
        if text.rstrip() == _SPECS:
            return index + 1
        if text[:4] == "    " and text[4:5] > " ":
            return index
    return len(lines)


def _source(section: Section, length: int, remarks: Remarks) -> Source:
    remotes: list[str] = []
    options: list[tuple[str, str]] = []
    for number, text in enumerate(section.lines[:length], section.line + 1):
        key, value = _option(text)
        if key == "remote":
            remotes.append(value)
        elif key:
            options.append((key, value))
        elif text and not text.isspace() and text.rstrip() != _SPECS:
            _remark_on_indentation(text, number, remarks)
    if length < len(section.lines) and (not length or section.lines[length - 1].rstrip() != _SPECS):
        remarks.warn(
            "missing-specs",
            f"this `{section.header}` block has no line `specs:` above its gems",
            hint=REWRITE,
            line=section.line,
            text=section.header,
        )
    return Source(kind=_KINDS[section.header], remotes=tuple(remotes), options=tuple(options), line=section.line)


def _option(text: str) -> tuple[str, str]:
    """The key and the value of a line `  key: value`, see `OPTIONS` in Bundler's lockfile_parser.rb; otherwise two empty texts."""
    if text[:2] != "  " or text[2:3] <= " ":
        return "", ""
    key, colon, value = text[2:].partition(":")
    if not colon or value[:1] not in {"", " "} or not key.replace("_", "").replace("-", "").isalnum():
        return "", ""
    if (key, value.strip()) == ("specs", ""):
        return "", ""
    return key, redact(value.strip())
