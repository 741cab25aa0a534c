"""Expected outputs on disk; `GEMAUDIT_UPDATE_GOLDEN=1` writes them anew."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_same(path: Path, actual: str) -> None:
    if os.environ.get("GEMAUDIT_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(actual.encode())

    assert path.read_bytes().decode() == actual
