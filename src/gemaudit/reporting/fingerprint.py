"""The name of a finding that outlives lines, titles and severities."""

from gemaudit.model.finding import Finding

LENGTH = 32


def fingerprint(finding: Finding) -> str:
    """The first 32 hexadecimal digits of the SHA-256 of advisory, lockfile, kind, name and version, joined by NUL."""
    # Loading OpenSSL takes longer than reading a lockfile, and the text report has no use for it.
    from hashlib import sha256  # noqa: PLC0415

    package = finding.package
    text = "\0".join((finding.advisory.id, finding.lockfile, package.kind, package.name, package.version))
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:LENGTH]
