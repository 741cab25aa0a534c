"""What pages that need nothing beside themselves have in common: their policy, their templates, their text.

A page may run its own scripts and styles and load nothing: its Content-Security-Policy names each by its hash.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from gemaudit.reporting.words import NBSP

_LINK = re.compile(r"https?://[^\s\"'<>\\`]+", re.IGNORECASE)
_CODE = re.compile(r"`([^`]+)`")


def source(name: str) -> str:
    """The text of one of our own templates, styles and scripts."""
    return files("gemaudit.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def sources(names: Iterable[str]) -> str:
    """The texts of several of them, one after the other."""
    return "".join(map(source, names))


def policy(css: str, script: str) -> str:
    """What the page may do: run what is in it, show its own icon, and nothing else."""
    rules = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(css),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def templates() -> Environment:
    """The templates, in which every text is escaped and a name that does not exist is an error."""
    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(marked=marked, path=breakable, plain=plain)
    environment.tests.update(link=is_link)
    return environment


def marked(text: str) -> Markup:
    """The text with what stands in backticks as code."""
    parts = _CODE.split(plain(text))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if position % 2 else escape(part) for position, part in enumerate(parts)
    )


def plain(text: str) -> str:
    """The text with ordinary spaces, which a browser may break and a reader may copy."""
    return text.replace(NBSP, " ")


def breakable(path: str) -> Markup:
    """The path, which may go on in a new line after a slash."""
    return Markup("/<wbr>").join(path.split("/"))


def is_link(url: str) -> bool:
    """Whether a browser may be sent there: an absolute address of the web, without anything that needs quoting."""
    return _LINK.fullmatch(url) is not None


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
