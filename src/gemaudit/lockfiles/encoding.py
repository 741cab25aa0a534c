"""Bytes to text: Bundler reads UTF-8."""

from gemaudit.lockfiles.remarks import Remarks

_UTF16 = {b"\xff\xfe": "UTF-16LE", b"\xfe\xff": "UTF-16BE"}
_BOM = "\ufeff"


def decode(content: bytes, remarks: Remarks) -> str | None:
    """The text without its byte order mark, or None with a remark where the bytes are no UTF-8."""
    if name := _utf16(content):
        remarks.add(
            "not-utf-8",
            f"this file is {name}, and a lockfile is UTF-8",
            hint=f"run `iconv -f {name.removesuffix('LE').removesuffix('BE')} -t UTF-8` on it",
        )
        return None
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        _remark_on(error, content, remarks)
        return None


def _utf16(content: bytes) -> str | None:
    """The name of a UTF-16 encoding, by the byte order mark or by the zeros that ASCII text has in it."""
    if name := _UTF16.get(content[:2]):
        return name
    start = content[:64]
    if len(start) >= 4 and len(start) % 2 == 0:  # noqa: PLR2004 - two characters
        if not any(start[1::2]) and all(start[::2]):
            return "UTF-16LE"
        if not any(start[::2]) and all(start[1::2]):
            return "UTF-16BE"
    return None


def _remark_on(error: UnicodeDecodeError, content: bytes, remarks: Remarks) -> None:
    before = content[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.rpartition(b"\n")[2].decode("utf-8", "replace")
    rest = content[error.start : error.start + 200].replace(b"\r", b"\n").partition(b"\n")[0]
    remarks.add(
        "not-utf-8",
        f"byte {error.start} is {content[error.start]:#04x}, which is not UTF-8",
        hint="run `iconv -f ISO-8859-1 -t UTF-8` on it, or `bundle lock` to write it anew",
        line=before.count(b"\n") + 1,
        text=line[-100:] + rest.decode("utf-8", "replace"),
        about="\ufffd",
    )
