"""GitHub's REST API: the few calls that the action makes.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

_SECONDS = 30
#: Before each further attempt; a server may ask for more, up to the longest.
_PAUSES = (1, 4, 10)
_LONGEST = 60
_FORBIDDEN = frozenset({401, 403, 404})
_PASSING = frozenset({429, 500, 502, 503, 504})
_PER_PAGE = 100
_MOST_PAGES = 100
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class ApiError(Exception):
    """A call that came to nothing, with the reason; `is_forbidden` where the token may not do it."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.is_forbidden = status in _FORBIDDEN
        self.is_passing = status in _PASSING or not status


class Api:
    """The API of a repository. Every call raises ApiError where it came to nothing."""

    def __init__(self, environment: Mapping[str, str], token: str, pause: Callable[[float], None] = time.sleep) -> None:
        repository = environment.get("GITHUB_REPOSITORY", "")
        if not _REPOSITORY.fullmatch(repository):
            raise ApiError("`GITHUB_REPOSITORY` names no repository", status=404)
        self._repository = quote(repository)
        self._pause = pause
        self._client = httpx.Client(
            base_url=environment.get("GITHUB_API_URL") or "https://api.github.com",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "gemaudit-action",
            },
            timeout=_SECONDS,
            # A token goes nowhere but to the server that it is for.
            follow_redirects=False,
        )

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    def login(self) -> str:
        """Whose token it is; empty where it belongs to no user, as that of a workflow."""
        try:
            return str(self._call("GET", "/user").get("login", ""))
        except ApiError as error:
            if error.is_forbidden:
                return ""
            raise

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """The comments of a pull request, the oldest first."""
        for page in range(1, _MOST_PAGES + 1):
            path = f"/repos/{self._repository}/issues/{number}/comments?per_page={_PER_PAGE}&page={page}"
            found = self._call("GET", path, kind=list)
            yield from (one for one in found if isinstance(one, dict))
            if len(found) < _PER_PAGE:
                return

    def create_comment(self, number: int, body: str) -> None:
        """Add a comment, in one attempt: of one that seems to have failed nobody knows whether it is there."""
        self._call("POST", f"/repos/{self._repository}/issues/{number}/comments", {"body": body}, attempts=1)

    def update_comment(self, comment: int, body: str) -> None:
        """Replace the text of a comment."""
        self._call("PATCH", f"/repos/{self._repository}/issues/comments/{comment}", {"body": body})

    def upload_sarif(self, upload: Mapping[str, str]) -> None:
        """Hand results over to code scanning."""
        self._call("POST", f"/repos/{self._repository}/code-scanning/sarifs", upload)

    def _call(
        self, method: str, path: str, content: Any = None, *, kind: type = dict, attempts: int = len(_PAUSES) + 1
    ) -> Any:
        for pause in (*_PAUSES[: attempts - 1], None):
            try:
                response = self._client.request(method, path, json=content)
            except httpx.HTTPError as error:
                response, reason = None, type(error).__name__
            if response is not None and not _is_passing(response):
                return _content(response, kind)
            if pause is None:
                break
            self._pause(max(pause, _asked_for(response)))
        if response is None:
            raise ApiError(f"GitHub's API does not answer ({reason})")
        raise _refusal(response)


def _is_passing(response: httpx.Response) -> bool:
    """Whether the same call may be answered later: a server has a fault, or has been asked too often."""
    return response.status_code in _PASSING or (
        response.status_code in _FORBIDDEN and "Retry-After" in response.headers
    )


def _content(response: httpx.Response, kind: type) -> Any:
    if not response.is_success:
        raise _refusal(response)
    try:
        content = response.json()
    except ValueError as error:
        raise ApiError("GitHub's API answers with something else than JSON") from error
    if not isinstance(content, kind):
        raise ApiError("GitHub's API answers with something else than expected", response.status_code)
    return content


def _refusal(response: httpx.Response) -> ApiError:
    """The reason in GitHub's words, cut short."""
    try:
        said = response.json()
    except ValueError:
        said = {}
    reason = str(said.get("message", ""))[:200] if isinstance(said, dict) else ""
    return ApiError(
        f"GitHub's API refuses with {response.status_code}{f': {reason}' if reason else ''}", response.status_code
    )


def _asked_for(response: httpx.Response | None) -> float:
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return min(int(asked), _LONGEST) if asked.isdigit() else 0
