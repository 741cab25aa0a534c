"""The line of the Gemfile that makes Bundler compile one gem."""

import re
from collections.abc import Iterable

from gemaudit.model.document import Document
from gemaudit.model.plan import Edit

#: How the Gemfile of a lockfile is called.
_GEMFILES = {"Gemfile.lock": "Gemfile", "gems.locked": "gems.rb"}
_GEM = re.compile(r"""\s*gem(?:\s*\(\s*|\s+)(?:"(?P<double>[^"]{1,100})"|'(?P<single>[^']{1,100})')""")
_OPTION = "force_ruby_platform: true"
#: What may follow the last argument of a call that stands on one line.
_PLAIN_END = re.compile(r"""(?P<call>[^#]*[\w"'\]}])\s*(?P<comment>\)?\s*(?:#.*)?)$""")


def compiled(documents: Iterable[Document], lockfile: str, gem: str) -> Edit:
    """The edit of the Gemfile after which Bundler compiles `gem`: a longer line, or a new one where there is none.

    `after` is empty where the line goes on and cannot be written down whole.
    """
    path = gemfile_of(lockfile)
    text = next((document.text for document in documents if document.path == path), "")
    for number, line in enumerate(text.splitlines(), 1):
        found = _GEM.match(line)
        if found and gem in {found["double"], found["single"]}:
            return Edit(path=path, line=number, before=line.strip(), after=_longer(line.strip()))
    return Edit(path=path, line=0, after=f'gem "{gem}", {_OPTION}')


def gemfile_of(lockfile: str) -> str:
    """The path of the Gemfile that a lockfile belongs to."""
    folder, slash, name = lockfile.rpartition("/")
    return f"{folder}{slash}{_GEMFILES.get(name, name.removesuffix('.lock'))}"


def _longer(line: str) -> str:
    end = _PLAIN_END.match(line)
    if end is None or " do " in line or "force_ruby_platform" in line:
        return ""
    return f"{end['call']}, {_OPTION}{' ' if end['comment'].startswith('#') else ''}{end['comment']}"
