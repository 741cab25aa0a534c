"""Pages of a REST listing: https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api."""

from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from forges.exchange import Request

T = TypeVar("T")


def paged(request: Request, items: list[T], api: str) -> tuple[list[T], dict[str, str]]:
    """The items of the page that is asked for, and the header that names the pages around it."""
    size = max(1, min(100, int(request.query("per_page", "30"))))
    number = max(1, int(request.query("page", "1")))
    last = max(1, -(-len(items) // size))
    around = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number >= last:
        del around["next"], around["last"]
    if number == 1:
        del around["prev"], around["first"]
    links = ", ".join(f'<{_url(request, api, page)}>; rel="{relation}"' for relation, page in around.items())
    return items[(number - 1) * size : number * size], {"Link": links} if links else {}


def _url(request: Request, api: str, page: int) -> str:
    place, _, query = request.path.partition("?")
    return f"{api}{place}?{urlencode({**dict(parse_qsl(query)), 'page': str(page)})}"
