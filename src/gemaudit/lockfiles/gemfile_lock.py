"""A Gemfile.lock, as `LockfileParser` in Bundler's lockfile_parser.rb reads it.

Bundler passes over in silence what it does not know.
Here every line that may state a gem is read, or a diagnostic names it.
"""

from gemaudit.lockfiles import misreadings, refusals, sections, source_block, spec_line, tables, tool_versions
from gemaudit.lockfiles.remarks import REWRITE, Remarks, quote
from gemaudit.lockfiles.sections import Section
from gemaudit.lockfiles.spec_line import Spec
from gemaudit.model.lockfile import Checksum, GemfileDependency, LockedRuby, Lockfile, Package

_BOM = "\ufeff"


def read(text: str, remarks: Remarks) -> Lockfile:
    """The lockfile that `text` states.

    Where it cannot be used as a whole, there is an error among the diagnostics, and what could be read is there too.
    """
    text = text.removeprefix(_BOM)
    if refusals.too_large(len(text), remarks) or refusals.empty(text, remarks):
        return _Contents(remarks).lockfile()
    lines = sections.lines_of(text)
    if len(text) > refusals.MAX_LINE and refusals.line_too_long(lines, remarks):
        return _Contents(remarks).lockfile()
    is_conflicting = refusals.merge_conflict(text, lines, remarks)
    if is_conflicting:
        lines = ["" if line.startswith(sections.CONFLICT_MARKERS) else line for line in lines]
    parts = sections.split(lines)
    contents = _Contents(remarks)
    if is_conflicting or not refusals.not_a_lockfile(parts, text, remarks):
        for part in parts:
            contents.take(part)
    found = contents.lockfile()
    refused = Remarks(remarks.path)
    if refusals.too_many(found.packages, found.platforms, lines, refused):
        return _Contents(refused).lockfile()
    return found


class _Contents:
    """What the sections read so far state."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self._packages: dict[Spec, Package] = {}
        self._platforms: dict[str, int] = {}
        self._dependencies: dict[str, GemfileDependency] = {}
        self._checksums: list[Checksum] = []
        self._ruby: LockedRuby | None = None
        self._bundled_with = ("", 0)
        self._headers: dict[str, int] = {}

    def take(self, section: Section) -> None:
        """Add what the section states."""
        header = section.header
        if header in sections.SOURCES:
            source_block.read(section, self._packages, self._remarks)
            return
        if header in self._headers and header in sections.KNOWN:
            self._remark_on_repetition(section)
        self._headers.setdefault(header, section.line)
        match header:
            case sections.PLATFORMS:
                tables.platforms(section, self._platforms, self._remarks)
            case sections.DEPENDENCIES:
                tables.dependencies(section, self._dependencies, self._remarks)
            case sections.CHECKSUMS:
                tables.checksums(section, self._checksums, self._remarks)
            case sections.RUBY_VERSION:
                self._ruby = tool_versions.ruby(section, self._remarks) or self._ruby
            case sections.BUNDLED_WITH:
                version, line = tool_versions.bundler(section, self._remarks)
                self._bundled_with = (version, line) if version else self._bundled_with
            case "":
                _remark_on_headless(section, self._remarks)
            case _:
                _remark_on_unknown(section, self._remarks)

    def lockfile(self) -> Lockfile:
        """Return the lockfile with everything that was taken."""
        return Lockfile(
            path=self._remarks.path,
            packages=tuple(self._packages.values()),
            platforms=tuple(self._platforms),
            platform_lines=tuple(self._platforms.values()),
            dependencies=tuple(self._dependencies.values()),
            checksums=tuple(self._checksums),
            ruby=self._ruby,
            bundled_with=self._bundled_with[0],
            bundled_with_line=self._bundled_with[1],
            diagnostics=self._remarks.all(),
        )

    def _remark_on_repetition(self, section: Section) -> None:
        self._remarks.warn(
            "duplicate-section",
            f"`{section.header}` stands on line {self._headers[section.header]} already, and both are read",
            hint=REWRITE,
            line=section.line,
            text=section.header,
        )


def _holds_gems(section: Section) -> bool:
    return any(line[:5].strip() and line[:4] == "    " and spec_line.spec(line[4:]) for line in section.lines)


def _remark_on_headless(section: Section, remarks: Remarks) -> None:
    """Point at the first of the lines above all sections; Bundler takes no notice of them."""
    for number, line in section.numbered():
        if _holds_gems(section):
            message = "these lines state gems above the first section, where no source is known"
            remarks.add("unreadable-spec", message, hint=REWRITE, line=number, text=line)
        else:
            misreadings.line(line, number, remarks, "this line stands above the first section", "sections come first")
        return


def _remark_on_unknown(section: Section, remarks: Remarks) -> None:
    """Name a section that Bundler does not write; an error where it states gems, because they would be lost."""
    holds_gems = _holds_gems(section)
    passed_over = "and the gems in it are not audited" if holds_gems else "and its lines are passed over"
    remarks.add(
        "unknown-section",
        f"`{quote(section.header)[:40]}` is no section of a lockfile, {passed_over}",
        hint=REWRITE if holds_gems else f"delete the section, or {REWRITE}",
        level="error" if holds_gems else "warning",
        line=section.line,
        text=section.header,
    )
