"""Signatures say something and can be searched for in linear time."""

import re
from collections.abc import Iterator

from gemaudit.advisories.rules.entry import Entry
from gemaudit.model.advisory import Signature
from gemaudit.model.diagnostic import Diagnostic

_LONGEST = 200
#: A quantified group that holds a quantifier can take exponential time.
_NESTED_QUANTIFIER = re.compile(r"[*+}]\)[*+{]")


def check(entry: Entry) -> Iterator[Diagnostic]:
    """Yield what is wrong with the `[[signature]]` tables."""
    for index, signature in enumerate(entry.advisory.signature):
        if problem := _problem(signature):
            yield entry.problem("signature", problem, "signature", index)


def _problem(signature: Signature) -> str | None:
    if bool(signature.text) + bool(signature.regex) > 1 or not (signature.text or signature.regex or signature.frames):
        return "a signature has `text` or `regex`, or `frames`, or one of the first with the last"
    if len(signature.text) > _LONGEST or len(signature.regex) > _LONGEST:
        return f"a signature is at most {_LONGEST} characters long"
    if any(not frame.strip() or " " in frame for frame in signature.frames):
        return "a frame is one C function name"
    if _NESTED_QUANTIFIER.search(signature.regex):
        return "the regex repeats a group that repeats"
    try:
        re.compile(signature.regex)
    except re.error as error:
        return f"the regex does not compile: {error}"
    return None
