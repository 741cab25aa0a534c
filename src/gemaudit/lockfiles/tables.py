"""The sections that are lists: PLATFORMS, DEPENDENCIES, CHECKSUMS."""

import binascii

from gemaudit.lockfiles import misreadings, spec_line
from gemaudit.lockfiles.remarks import REWRITE, Remarks
from gemaudit.lockfiles.sections import Section
from gemaudit.model.lockfile import Checksum, GemfileDependency

_SHA256 = 64  # hexadecimal digits


def platforms(section: Section, found: dict[str, int], remarks: Remarks) -> None:
    """Add the platforms of a section with their lines; the first line counts."""
    for number, text in section.numbered():
        platform = text.strip()
        if text[:2] == "  " and spec_line.is_platform(platform):
            found.setdefault(platform, number)
        else:
            rule = "a platform reads `x86_64-linux` and is indented by 2 spaces"
            misreadings.line(text, number, remarks, "this line names no platform", rule)


def dependencies(section: Section, found: dict[str, GemfileDependency], remarks: Remarks) -> None:
    """Add what the Gemfile asks for by name; the last line counts, as in `LockfileParser#parse_dependency`."""
    for number, text in section.numbered():
        if wanted := spec_line.item(text) or _misread_dependency(text, number, remarks):
            name, requirement, pinned = wanted
            found[name] = GemfileDependency(name=name, requirement=requirement, pinned=pinned, line=number)


def _misread_dependency(text: str, number: int, remarks: Remarks) -> spec_line.Wanted | None:
    if spec_line.indentation(text) == spec_line.ITEM:
        return misreadings.dependency(text, number, remarks)
    rule = "a dependency reads `name (requirement)` and is indented by 2 spaces"
    misreadings.line(text, number, remarks, "this line is no dependency", rule)
    return None


def checksums(section: Section, found: list[Checksum], remarks: Remarks) -> None:
    """Add the entries of a section; one without digests says that Bundler knows none."""
    for number, text in section.numbered():
        body, _, stated = text.rpartition(" ")
        if text[-1] == ")":
            body, stated = text, ""
        spec = spec_line.spec(body[2:]) if spec_line.indentation(text) == spec_line.ITEM else None
        if spec is None:
            rule = "a checksum reads `name (version) sha256=...` and is indented by 2 spaces"
            misreadings.line(text, number, remarks, "this line is no checksum", rule)
            continue
        name, version, platform = spec
        digests = _digests(stated, text, number, remarks) if stated else ()
        found.append(Checksum(name=name, version=version, platform=platform, digests=digests, line=number))


def _digests(stated: str, text: str, number: int, remarks: Remarks) -> tuple[tuple[str, str], ...]:
    digests = []
    for item in stated.split(","):
        # Previews of Bundler 2.5 wrote `sha256-`.
        algorithm, _, value = item.partition("=" if "=" in item else "-")
        digest = _hexadecimal(value) if algorithm == "sha256" else value
        if algorithm and digest:
            digests.append((algorithm, digest))
        else:
            remarks.warn(
                "malformed-checksum",
                "this is no digest that Bundler reads",
                hint=f"a digest reads `sha256=` and 64 hexadecimal digits; {REWRITE}",
                line=number,
                text=text,
                about=item,
            )
    return tuple(digests)


def _hexadecimal(value: str) -> str | None:
    """The digest in hexadecimal, or None; like `Checksum.to_hexdigest`, this reads base64 too."""
    try:
        if len(value) == _SHA256:
            binascii.unhexlify(value)
            return value
        unpadded = value.rstrip("=").replace("-", "+").replace("_", "/")
        digest = binascii.a2b_base64(unpadded + "=", strict_mode=True).hex()
    except ValueError:
        return None
    return digest if len(digest) == _SHA256 else None
