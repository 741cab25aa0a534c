"""RUBY VERSION and BUNDLED WITH: the sections that hold one line."""

import re

from gemaudit.lockfiles.remarks import Remarks
from gemaudit.lockfiles.sections import Section
from gemaudit.lockfiles.spec_line import is_version
from gemaudit.model.lockfile import LockedRuby

_LONGEST = 200  # characters of a line that states a version

# `RubyVersion::PATTERN`, bundler/ruby_version.rb, up to the end of the line;
# its constructor takes a hyphen before `preview1` for a dot.
_RUBY = re.compile(
    r"ruby (?P<version>\d+\.\d+\.\d+(?:[.-][0-9A-Za-z.]+?)?)"
    r"(?:p(?P<patchlevel>-?\d+))?(?: \((?P<engine>[\w-]+) (?P<engine_version>[0-9][\w.+-]*)\))?",
    re.ASCII,
)


def ruby(section: Section, remarks: Remarks) -> LockedRuby | None:
    """The Ruby of the last readable line, or None where there is none."""
    found = None
    for number, line in section.numbered():
        text = line.strip()
        stated = _RUBY.fullmatch(text) if len(text) <= _LONGEST else None
        version = stated["version"].replace("-", ".") if stated else ""
        if stated is None or not is_version(version):
            remarks.warn(
                "unreadable-ruby",
                "this line names no Ruby version",
                hint="it reads `ruby 3.4.5` or `ruby 3.1.4 (jruby 9.4.5.0)`; run `bundle update --ruby` to rewrite it",
                line=number,
                text=line,
            )
            continue
        found = LockedRuby(
            version=version,
            patchlevel=int(stated["patchlevel"]) if stated["patchlevel"] else None,
            engine=stated["engine"] or "ruby",
            engine_version=stated["engine_version"] or "",
            text=text,
            line=number,
        )
    return found


def bundler(section: Section, remarks: Remarks) -> tuple[str, int]:
    """The version on the last readable line and its number, or an empty text and 0."""
    found = ("", 0)
    for number, line in section.numbered():
        if is_version(line.strip()):
            found = (line.strip(), number)
        else:
            remarks.warn(
                "unreadable-bundled-with",
                "this line names no Bundler version",
                hint="it reads `2.5.22`; run `bundle update --bundler` to rewrite it",
                line=number,
                text=line,
            )
    return found
