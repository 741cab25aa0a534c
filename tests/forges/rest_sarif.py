"""Uploads for code scanning: https://docs.github.com/rest/code-scanning/code-scanning."""

import base64
import binascii
import gzip
import json
import re
import uuid
from typing import Any

from forges.exchange import Reply, Request, as_json, not_found, refusal
from forges.world import Repository

#: Bytes of a compressed log, as "SARIF support for code scanning" in GitHub's documentation has it.
MOST = 10 * 1024 * 1024
_ANCHOR = "/code-scanning/code-scanning#upload-an-analysis-as-sarif-data"


class Uploads:
    """What has been uploaded: `logs` has the repository's id, what was sent and the SARIF log as a value."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.logs: list[tuple[int, dict[str, Any], Any]] = []
        self._receipts: dict[str, int] = {}

    def answer(self, request: Request, repository: Repository, match: re.Match[str]) -> Reply:
        if not repository.has_code_scanning:
            return refusal(403, "Code Security must be enabled for this repository to use code scanning.", _ANCHOR)
        base = f"{self.api}/repos/acme/{repository.name}/code-scanning"
        if match["upload"]:
            if self._receipts.get(match["upload"]) != repository.id:
                return not_found(_ANCHOR)
            url = f"{base}/analyses?sarif_id={match['upload']}"
            return as_json({"processing_status": "complete", "analyses_url": url, "errors": None})
        if request.method != "POST":
            return not_found(_ANCHOR)
        if repository.is_archived:
            return refusal(403, "Repository was archived so is read-only.", _ANCHOR)
        return self._upload(request, repository, base)

    def _upload(self, request: Request, repository: Repository, base: str) -> Reply:
        try:
            content = json.loads(request.body)
            compressed = base64.b64decode(content["sarif"], validate=True)
            if len(compressed) > MOST:
                return refusal(413, "Payload Too Large", _ANCHOR)
            log = json.loads(gzip.decompress(compressed))
        except KeyError as missing:
            return refusal(422, f"Invalid request.\n\n{missing.args[0]!r} wasn't supplied.", _ANCHOR)
        except (ValueError, binascii.Error, OSError, EOFError):
            return refusal(400, "Invalid SARIF. Unable to decode: it is gzip in Base64", _ANCHOR)
        if not re.fullmatch(r"[0-9a-f]{40}", str(content.get("commit_sha"))):
            return refusal(422, "Invalid request.\n\nFor 'properties/commit_sha', no 40 hexadecimal digits.", _ANCHOR)
        if not re.fullmatch(r"refs/(heads|tags|pull)/.+", str(content.get("ref"))):
            return refusal(422, "Invalid request.\n\nFor 'properties/ref', no full name of a reference.", _ANCHOR)
        receipt = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{repository.id}:{len(self.logs)}"))
        self.logs.append((repository.id, content, log))
        self._receipts[receipt] = repository.id
        return as_json({"id": receipt, "url": f"{base}/sarifs/{receipt}"}, 202)
