"""Forges: where an organisation's repositories lie.

A forge is a class that is a `Forge`, and an entry in `FORGES`; only the one that is asked for is imported.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gemaudit.adapters.forges.forge import Forge
    from gemaudit.adapters.forges.limits import Limits
    from gemaudit.adapters.forges.transport import Remembered

__all__ = ["FORGES", "forge_of"]


class _Opener(Protocol):
    """What makes a forge of an address, the environment's variables and what the user asks for."""

    def __call__(
        self,
        api_url: str | None,
        environment: Mapping[str, str],
        limits: "Limits | None",
        remembered: "Remembered | None",
        *,
        ask_gh: bool,
    ) -> "Forge": ...


def forge_of(
    name: str,
    *,
    api_url: str | None = None,
    environment: Mapping[str, str],
    limits: "Limits | None" = None,
    remembered: "Remembered | None" = None,
    ask_gh: bool = False,
) -> "Forge":
    """The forge of that name, at its usual address unless another one is given; ValueError where there is none.

    The token is that of the environment, or with `ask_gh` the one that GitHub's own tool keeps. Raise Fault for an
    address or a token that cannot be used.
    """
    if name not in FORGES:
        raise ValueError(f"there is no forge `{name}`; there are {', '.join(FORGES)}")
    return FORGES[name](api_url, environment, limits, remembered, ask_gh=ask_gh)


def _github(
    api_url: str | None,
    environment: Mapping[str, str],
    limits: "Limits | None",
    remembered: "Remembered | None",
    *,
    ask_gh: bool,
) -> "Forge":
    from gemaudit.adapters.forges.faults import Fault  # noqa: PLC0415
    from gemaudit.adapters.forges.github import GitHub  # noqa: PLC0415
    from gemaudit.adapters.forges.github_api import DEFAULT_URL, site_of  # noqa: PLC0415
    from gemaudit.adapters.forges.tokens import github_token, token_of_gh  # noqa: PLC0415

    url = api_url or DEFAULT_URL
    site = site_of(url)
    token = token_of_gh(site.host) if ask_gh else github_token(environment, site.host)
    if token is None:
        # The GraphQL API answers nobody else: https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
        raise Fault("no-token", "GitHub lists repositories to nobody without a token", site.token_hint, is_final=True)
    return GitHub(url, token=token, limits=limits, remembered=remembered)


def _gitlab(
    api_url: str | None,
    environment: Mapping[str, str],
    limits: "Limits | None",
    remembered: "Remembered | None",
    *,
    ask_gh: bool,
) -> "Forge":
    from gemaudit.adapters.forges.faults import Fault  # noqa: PLC0415
    from gemaudit.adapters.forges.gitlab import GitLab  # noqa: PLC0415
    from gemaudit.adapters.forges.gitlab_api import DEFAULT_URL  # noqa: PLC0415
    from gemaudit.adapters.forges.tokens import gitlab_token  # noqa: PLC0415

    if ask_gh:
        raise Fault("no-gh-token", "`gh` has no tokens of GitLab", "leave out `--gh`, and set `GITLAB_TOKEN`")
    token = gitlab_token(environment)
    return GitLab(api_url or DEFAULT_URL, token=token, limits=limits, remembered=remembered)


#: What `--forge` accepts.
FORGES: Mapping[str, _Opener] = {"github": _github, "gitlab": _gitlab}
