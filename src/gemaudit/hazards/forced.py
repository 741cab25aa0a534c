"""The lines that make Bundler compile every gem."""

import re
from collections.abc import Iterable

from gemaudit.model.document import Document
from gemaudit.model.finding import Answer

#: `ENV BUNDLE_FORCE_RUBY_PLATFORM=true`, `BUNDLE_FORCE_RUBY_PLATFORM: "true"`,
#: `bundle config set --local force_ruby_platform true`.
_SETTING = re.compile(r"""^[^#]*force_ruby_platform["']?[\s:=]+["']?(?:true|1)\b""", re.IGNORECASE)


def forcing_lines(documents: Iterable[Document]) -> dict[str, Answer]:
    """The first line of each file that makes Bundler prefer source gems, by path, in the order of paths."""
    found: dict[str, Answer] = {}
    for document in sorted(documents, key=lambda document: document.path):
        number = _forcing_line(document.text)
        if number and document.path not in found:
            found[document.path] = Answer(
                name="install",
                expected="precompiled",
                actual="source",
                answer="false",
                path=document.path,
                line=number,
            )
    return found


def _forcing_line(text: str) -> int:
    """The number of that line, 0 where there is none."""
    if "force_ruby_platform" not in text.lower():
        return 0
    return next((number for number, line in enumerate(text.splitlines(), 1) if _SETTING.match(line)), 0)
