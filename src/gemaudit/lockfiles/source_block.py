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
    length = _opening_length(section.lines)
    source = _source(section, length, remarks)
    spec: Spec | None = None
    line = 0
    orphans: list[Dependency] = []
    dependencies = orphans
    for number, text in enumerate(section.lines[length:], section.line + 1 + length):
        found = spec_line.source_line(text) or _misread(text, number, remarks)
        if found.__class__ is Wanted:
            dependencies.append(Dependency(found[0], found[1], number))
        elif found.__class__ is Spec:
            if spec is not None:
                packages[spec] = _package(spec, source, dependencies, line)
            spec, line, dependencies = found, number, []
        elif found:
            ...
    if spec is not None:
        packages[spec] = _package(spec, source, dependencies, line)
