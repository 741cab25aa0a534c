"""The defects of a situation as a folder for `--db`."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from situation import Defect

from gemaudit.model.version import Version

_TEXT = """\
id = "{id}"
title = "Something of {gem} is not marked"
kind = "unsound"
class = "gc-mark"
severity = "high"
confidence = "high"
published = 2026-01-01
modified = 2026-01-01
description = "It crashes."
{workaround}
[[affected]]
gem = "{gem}"
ranges = [{ranges}]

[[evidence]]
type = "{evidence}"
url = "https://example.org/{gem}"

[[example]]
version = "{affected}"
status = "affected"

[[example]]
version = "{sound}"
status = "not_affected"
"""


def numbered(defects: Iterable[Defect]) -> Mapping[str, Defect]:
    """The defects by the id of their advisory."""
    return {f"GMSA-2026-{number:04}": defect for number, defect in enumerate(defects, 1)}


def write(folder: Path, defects: Iterable[Defect]) -> None:
    """Leave an advisory for each defect in the folder."""
    for id_, defect in numbered(defects).items():
        path = folder / "gems" / defect.gem / f"{id_}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(id_, defect), encoding="utf-8")


def _text(id_: str, defect: Defect) -> str:
    first, last = defect.spans[0][0], defect.spans[-1][1]
    return _TEXT.format(
        id=id_,
        gem=defect.gem,
        ranges=", ".join(_range(introduced, fixed) for introduced, fixed in defect.spans),
        workaround="" if last else 'workaround = "Do not use it."\n',
        evidence="fix" if any(fixed for _, fixed in defect.spans) else "report",
        affected=first,
        sound=last or "0.0.0.a",
    )


def _range(introduced: str, fixed: str) -> str:
    known = Version.parse(fixed) if fixed else None
    stable = f", stable = {json.dumps(known.release.text)}" if known and known.is_prerelease else ""
    return f"{{ introduced = {json.dumps(introduced)}, fixed = {json.dumps(fixed or False)}{stable} }}"
