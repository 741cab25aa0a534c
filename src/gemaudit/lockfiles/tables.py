"""The sections that are lists: PLATFORMS, DEPENDENCIES, CHECKSUMS."""

import binascii
from collections.abc import Iterator

from gemaudit.lockfiles import misreadings, spec_line
from gemaudit.lockfiles.remarks import REWRITE, Remarks
from gemaudit.lockfiles.sections import Section
from gemaudit.model.lockfile import Checksum, GemfileDependency

_SHA256 = 64  # hexadecimal digits
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def _items(section: Section, remarks: Remarks) -> Iterator[tuple[int, str]]:
    """Yield the lines that are indented by two spaces or more, as all items are."""
    for number, text in section.numbered():
        if text[:2] == "  ":
            yield number, text
        else:
            message = f"this line is not indented like an item of `{section.header}`"
            misreadings.line(text, number, remarks, message, "items are indented by 2 spaces")


def platforms(section: Section, found: dict[str, int], remarks: Remarks) -> None:
    """Add the platforms of a section with their lines; the first line counts."""
    for number, text in _items(section, remarks):
        platform = text.strip()
        if spec_line.is_name(platform):
            found.setdefault(platform, number)
        else:
            misreadings.line(text, number, remarks, "this line names no platform", "a platform reads `x86_64-linux`")


def dependencies(section: Section, found: dict[str, GemfileDependency], remarks: Remarks) -> None:
    """Add what the Gemfile asks for by name; the last line counts, as in `LockfileParser#parse_dependency`."""
    for number, text in _items(section, remarks):
        if text[2:3] == " ":
            misreadings.line(text, number, remarks, "this line is no dependency", "items are indented by 2 spaces")
        elif wanted := spec_line.dependency(text[2:]) or misreadings.dependency(text, number, remarks):
            name, requirement, pinned = wanted
            found[name] = GemfileDependency(name=name, requirement=requirement, pinned=pinned, line=number)


def checksums(section: Section, found: list[Checksum], remarks: Remarks) -> None:
    """Add the entries of a section; one without digests says that Bundler knows none."""
    for number, text in _items(section, remarks):
        body, _, last = text.rstrip().rpartition(" ")
        spec = spec_line.spec(body[2:]) if last[-1:] != ")" else spec_line.spec(text[2:])
        if spec is None or text[2:3] == " ":
            misreadings.line(text, number, remarks, "this line is no checksum", "it reads `name (version) sha256=...`")
            continue
        name, version, platform = spec
        digests = tuple(_digests(last, text, number, remarks)) if last[-1:] != ")" else ()
        found.append(Checksum(name=name, version=version, platform=platform, digests=digests, line=number))


def _digests(stated: str, text: str, number: int, remarks: Remarks) -> Iterator[tuple[str, str]]:
    for item in stated.split(","):
        # Previews of Bundler 2.5 wrote `sha256-`.
        algorithm, _, value = item.partition("=" if "=" in item else "-")
        digest = _hexadecimal(value) if algorithm == "sha256" else value
        if algorithm and digest:
            yield algorithm, digest
        else:
            remarks.warn(
                "malformed-checksum",
                "this is no digest that Bundler reads",
                hint=f"a digest reads `sha256=` and 64 hexadecimal digits; {REWRITE}",
                line=number,
                text=text,
                about=item,
            )


def _hexadecimal(value: str) -> str | None:
    """The digest in hexadecimal, or None; like `Checksum.to_hexdigest`, this reads base64 too."""
    if len(value) == _SHA256 and _HEXADECIMAL.issuperset(value):
        return value
    unpadded = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        digest = binascii.a2b_base64(unpadded + "=", strict_mode=True).hex()
    except ValueError:
        return None
    return digest if len(digest) == _SHA256 else None
