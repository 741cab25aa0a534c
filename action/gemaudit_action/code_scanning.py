"""Results for code scanning.

https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data
"""

import gzip
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from gemaudit_action.event import Event


def upload_of(file: Path, event: Event, head: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The body of the call: the results, and the commit and the reference that they are about.

    A workflow may check the last commit of a pull request out instead of the merge that GitHub makes for it.
    """
    is_head = bool(event.number) and head == event.head
    return {
        "commit_sha": event.head if is_head else environment.get("GITHUB_SHA", ""),
        "ref": f"refs/pull/{event.number}/head" if is_head else environment.get("GITHUB_REF", ""),
        "sarif": b64encode(gzip.compress(file.read_bytes(), mtime=0)).decode("ascii"),
        "tool_name": "gemaudit",
    }
