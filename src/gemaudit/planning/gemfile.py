"""What the Gemfile says about a gem, read as text."""

import re
from collections.abc import Iterable

from gemaudit.model.document import Document
from gemaudit.model.plan import Edit
from gemaudit.model.requirement import Requirement
from gemaudit.model.version import Version

#: How the Gemfile of a lockfile is called.
_GEMFILES = {"Gemfile.lock": "Gemfile", "gems.locked": "gems.rb"}
#: What cannot be taken for an option, nor for anything else, on a command line or in a Gemfile.
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,200}")
_LITERAL = r"""(?:"[^"'#\\]{1,100}"|'[^"'\\]{1,100}')"""
#: A call of `gem` and the literals that directly follow the name, which are its requirements.
_GEM_LINE = re.compile(
    rf"""\s*gem(?:\s*\(\s*|\s+)(?P<name>{_LITERAL})(?P<requirements>(?:\s*,\s*{_LITERAL}(?!\s*(?:=>|:)))*)"""
)


def gemfile_of(lockfile: str) -> str:
    """The path of the Gemfile that a lockfile belongs to."""
    folder, slash, name = lockfile.rpartition("/")
    return f"{folder}{slash}{_GEMFILES.get(name, name.removesuffix('.lock'))}"


def requirement_edit(
    documents: Iterable[Document], path: str, gem: str, target: str, wanted: tuple[str, ...] = ()
) -> Edit | None:
    """The line of the Gemfile at `path` that names a gem, and how it reads once it admits `target`, or asks `wanted`.

    `after` is empty where the line holds no literal requirement. None where the Gemfile does not name the gem.
    """
    text = next((document.text for document in documents if document.path == path), "")
    for number, line in enumerate(text.splitlines(), 1):
        found = _GEM_LINE.match(line)
        if found and found["name"][1:-1] == gem:
            return Edit(path=path, line=number, before=line.strip(), after=_admitting(line, found, target, wanted))
    return None


def _admitting(line: str, found: re.Match[str], target: str, asked: tuple[str, ...]) -> str:
    """The line with what is asked, else with requirements that admit the target."""
    literals = re.findall(_LITERAL, found["requirements"])
    if not asked:
        if not literals:
            return ""
        try:
            asked = admitting([text[1:-1] for text in literals], target)
        except ValueError:
            return ""
    quote = (literals or [found["name"]])[0][0]
    wanted = "".join(f", {quote}{text}{quote}" for text in asked)
    return f"{line[: found.start('requirements')]}{wanted}{line[found.end('requirements') :]}".strip()


def admitting(requirements: Iterable[str], target: str) -> tuple[str, ...]:
    """Requirements that admit the target; a version that the project keeps out stays out.

    Raise ValueError where one of them is malformed.
    """
    return (*pessimistic(target), *(text for text in requirements if _is_exclusion(text, target)))


def _is_exclusion(requirement: str, target: str) -> bool:
    parsed = Requirement.parse(requirement)
    return all(operator == "!=" for operator, _ in parsed.comparators) and parsed.admits(Version.parse(target))


def pessimistic(target: str) -> tuple[str, ...]:
    """What a Gemfile asks for to get a version: `~> 1.17` and the floor, so every later release of the same major."""
    version = Version.parse(target)
    major, *rest = version.segments
    if version.is_prerelease or not rest[1:]:
        return (f"~> {target}",)
    return f"~> {major}.{rest[0]}", f">= {target}"


def gem_line(gem: str, requirements: Iterable[str]) -> str:
    """A line of a Gemfile that asks for a gem; empty where its name would have to be quoted with care."""
    if not PLAIN_NAME.fullmatch(gem):
        return ""
    return ", ".join([f'gem "{gem}"', *(f'"{requirement}"' for requirement in requirements)])
