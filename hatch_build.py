"""Compile the advisories into the wheel.

An editable install reads `advisories/` itself, so nothing is built for it.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


class AdvisoryDatabase(BuildHookInterface):  # type: ignore[type-arg]
    """Puts `gemaudit/data/advisories.db` into a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the database; fail the build when an advisory cannot be read."""
        if version == "editable":
            return
        sys.path.insert(0, str(ROOT / "src"))
        from gemaudit.adapters.database import compile_folder  # noqa: PLC0415 - src is on the path only now

        target = Path(tempfile.mkdtemp()) / "advisories.db"
        target.write_bytes(compile_folder(ROOT / "advisories"))
        build_data["force_include"][str(target)] = "gemaudit/data/advisories.db"
