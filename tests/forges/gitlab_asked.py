"""GitLab asked through the forge, as a scan asks it."""

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

from forges.gitlab_projects import Project
from forges.gitlab_server import TOKEN, GitLabServer, Reply, Request
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Page, Wish
from gemaudit.adapters.forges.gitlab import GitLab
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.forges.tokens import Token
from gemaudit.model.repository import Entry, Issue, Repository, Source, Tree

ACME = Source("org", "acme")
LOCK = b"GEM\n  specs:\n    ffi (1.16.3)\n"
QUICK = Limits(first_wait=0, jitter=0, attempts=2, silence=5, answer=10)
ISSUE = Issue(title="Defects", body="<!-- mark -->\n\ntext\n", marker="<!-- mark -->", labels=("gemaudit",))


def asked(lab: GitLabServer, question: Callable[[GitLab], Any], *, token: str = TOKEN, limits: Limits = QUICK) -> Any:
    """What a question to the server comes to."""

    async def ask() -> Any:
        async with GitLab(f"{lab.url}{lab.prefix}", token=Token(token, "`GITLAB_TOKEN`"), limits=limits) as forge:
            return await question(forge)

    return anyio.run(ask)


def refused(lab: GitLabServer, question: Callable[[GitLab], Any], *, limits: Limits = QUICK) -> Fault:
    with pytest.raises(Fault) as caught:
        asked(lab, question, limits=limits)
    return caught.value


def pages(lab: GitLabServer, *sources: Source, token: str = TOKEN) -> list[Page]:
    async def collect(forge: GitLab) -> list[Page]:
        return [page async for page in forge.repositories(sources)]

    found: list[Page] = asked(lab, collect, token=token)
    return found


def repositories(lab: GitLabServer, *sources: Source) -> list[Repository]:
    return [one for page in pages(lab, *sources) for one in page.repositories]


def repository(project: Project, host: str = "127.0.0.1") -> Repository:
    return Repository(id=f"{host}/{project.number}", name=project.path, head=project.head, tree=project.head)


def tree(lab: GitLabServer, project: Project, *, limits: Limits = QUICK) -> Tree:
    found: Tree = asked(
        lab, lambda forge: forge.tree(repository(project), lambda path: path.endswith(".lock")), limits=limits
    )
    return found


def contents(lab: GitLabServer, wishes: Sequence[Wish]) -> list[bytes | Fault]:
    found: list[bytes | Fault] = asked(lab, lambda forge: forge.contents(wishes))
    return found


def wishes_of(*projects: Project) -> list[Wish]:
    return [
        Wish(repository(project), Entry(path=path, oid=file.oid))
        for project in projects
        for path, file in project.files.items()
    ]


def graphql(lab: GitLabServer) -> list[Request]:
    return [one for one in lab.requests if one.path.endswith("/api/graphql")]


def once(reply: Reply, where: str, times: int = 1) -> Callable[[Request], Reply | None]:
    """Answers so in the place of the server, so many times."""
    left = [times]

    def intercept(request: Request) -> Reply | None:
        if (where not in request.path and where.encode() not in request.body) or left[0] == 0:
            return None
        left[0] -= 1
        return reply

    return intercept


def git(sha: str) -> dict[str, Any]:
    """The repository of a project, as GraphQL tells it."""
    return {"empty": False, "rootRef": "main", "tree": {"lastCommit": {"sha": sha}}}
