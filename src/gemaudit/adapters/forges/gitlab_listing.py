"""Which projects there are on GitLab, and what the heads of their default branches are."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from urllib.parse import quote

import anyio
from msgspec import Struct
from msgspec.structs import replace

from gemaudit.adapters.forges import gitlab_queries as queries
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Page
from gemaudit.adapters.forges.gitlab_api import NOT_FOUND, SCOPES, TOO_MUCH, Api, of_error
from gemaudit.adapters.forges.gitlab_queries import Failure, Owned, Project, Projects, Reply
from gemaudit.adapters.forges.objects import is_name
from gemaudit.adapters.forges.transport import LATER, SERVER_ERROR, SILENT, TOO_LARGE, UNREADABLE
from gemaudit.model.repository import Repository, Source, Visibility

#: Faults after which a smaller page may still come.
_MAY_BE_SIZE = frozenset({TOO_MUCH, TOO_LARGE, SERVER_ERROR, SILENT, UNREADABLE})
_SMALLEST_PAGE = 10
_MOST_PAGES = 100_000
_LISTS = queries.PAGE // queries.NAMES
_VISIBILITIES: dict[str, Visibility] = {"public": "public", "private": "private", "internal": "internal"}
# https://docs.gitlab.com/user/reserved_names/: letters, digits, `_`, `-` and `.`, in as many groups as there are.
_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")


class _Named(Struct):
    """A project as the REST API names it."""

    path_with_namespace: str


class Listing:
    """The projects of sources; `host` is what their lasting ids begin with."""

    def __init__(self, api: Api, host: str) -> None:
        self._api = api
        self._host = host

    async def pages(self, sources: Sequence[Source]) -> AsyncIterator[Page]:
        """Yield every project once, and every source that could not be listed to its end."""
        seen: set[str] = set()
        for source in (one for one in sources if one.kind != "repo"):
            async for page in self._owned(source):
                yield _unseen(page, seen)
        singles = [one for one in sources if one.kind == "repo"]
        for start in range(0, len(singles), queries.PAGE):
            yield _unseen(await self._named(singles[start : start + queries.PAGE]), seen)

    async def _owned(self, source: Source) -> AsyncIterator[Page]:
        """Yield the pages of a group or user; what cannot come as one page comes as several."""
        first, after = queries.PAGE, None
        cursors: set[str] = set()
        while True:
            variables = {"path": source.name, "first": first, "after": after}
            try:
                reply = await self._api.query(queries.owned(source.kind), variables, Owned)
                projects = _projects(reply)
                page = self._page(source, projects, reply.errors, is_last_try=first <= _SMALLEST_PAGE)
            except Fault as fault:
                if fault.is_final or fault.code not in _MAY_BE_SIZE or first <= _SMALLEST_PAGE:
                    yield Page(unlisted=((source, fault),))
                    return
                first = max(first // 2, _SMALLEST_PAGE)
                continue
            yield page
            info = projects.page_info
            if not info.has_next_page:
                return
            if not info.end_cursor or info.end_cursor in cursors or len(cursors) == _MOST_PAGES:
                circle = Fault(UNREADABLE, "the listing of GitLab goes round in a circle, or never ends", LATER)
                yield Page(unlisted=((source, circle),))
                return
            after = info.end_cursor
            cursors.add(after)

    def _page(self, source: Source, projects: Projects, errors: Iterable[Failure], *, is_last_try: bool) -> Page:
        """What a page holds. Raise Fault where a smaller one may hold more of it."""
        faults = {_index(failure): of_error(failure) for failure in errors}
        if not is_last_try and (slow := next((one for one in faults.values() if one.code == TOO_MUCH), None)):
            raise slow
        listed = [
            (self._repository(project), fault)
            for index, project in enumerate(projects.nodes)
            if project is not None
            for fault in [_unread(project, faults.get(index))]
        ]
        hidden = sum(project is None for project in projects.nodes)
        return Page(
            repositories=tuple(one for one, fault in listed if fault is None),
            unread=tuple((one, fault) for one, fault in listed if fault is not None),
            unlisted=((source, _hidden(hidden)),) if hidden else (),
        )

    async def _named(self, sources: Sequence[Source]) -> Page:
        """Single projects, in one question; those that have moved cost another each, and one together."""
        try:
            found = await self._by_name([one.name for one in sources if _NAME.fullmatch(one.name)])
            missing = [one for one in sources if one.name.lower() not in found]
            moved = await self._moved(missing)
        except Fault as fault:
            middle = len(sources) // 2
            if fault.is_final or fault.code not in _MAY_BE_SIZE or len(sources) <= _SMALLEST_PAGE:
                return Page(unlisted=tuple((one, fault) for one in sources))
            return _joined(await self._named(sources[:middle]), await self._named(sources[middle:]))
        answers = {one.name: found.get(one.name.lower()) or moved[one.name] for one in sources}
        return _joined(
            *(
                Page(unlisted=((source, answer),))
                if isinstance(answer := answers[source.name], Fault)
                else self._page(source, Projects(nodes=[answer]), (), is_last_try=True)
                for source in sources
            )
        )

    async def _by_name(self, names: Sequence[str]) -> dict[str, Project]:
        """The projects that still have the names, by name in lower case, as GitLab compares them."""
        # Without a name, GitLab would list everything there is.
        lists = [names[start : start + queries.NAMES] for start in range(0, len(names), queries.NAMES)]
        if not lists:
            return {}
        variables = {f"names{number}": one for number, one in enumerate(lists)}
        reply = await self._api.query(queries.named(len(lists)), variables, dict[str, Projects | None])
        if slow := next((one for one in map(of_error, reply.errors) if one.code == TOO_MUCH), None):
            raise slow
        connections = (one for one in (reply.data or {}).values() if one is not None)
        found = (project for one in connections for project in one.nodes if project is not None)
        return {project.full_path.lower(): project for project in found}

    async def _moved(self, sources: Sequence[Source]) -> dict[str, Project | Fault]:
        """The projects that have other names by now, or why they cannot be had, by the names that were asked for.

        The REST API redirects to them (https://docs.gitlab.com/api/rest/#redirects); GraphQL does not.
        """
        names: dict[str, str | Fault] = {}
        async with anyio.create_task_group() as group:
            for source in sources:
                group.start_soon(self._look_up, source.name, names)
        projects = await self._singly(sorted({one for one in names.values() if isinstance(one, str)}))
        return {
            name: projects.get(one, _not_there()) if isinstance(one, str) else one
            for name, one in sorted(names.items())
        }

    async def _look_up(self, name: str, names: dict[str, str | Fault]) -> None:
        if not _NAME.fullmatch(name):
            names[name] = _not_there()
            return
        try:
            names[name] = (await self._api.get(f"projects/{quote(name, safe='')}", _Named)).path_with_namespace
        except Fault as fault:
            names[name] = fault

    async def _singly(self, names: Sequence[str]) -> dict[str, Project]:
        found: dict[str, Project] = {}
        for start in range(0, len(names), queries.SINGLE):
            some = names[start : start + queries.SINGLE]
            variables = {f"name{number}": name for number, name in enumerate(some)}
            reply = await self._api.query(queries.single(len(some)), variables, dict[str, Project | None])
            answers = [(reply.data or {}).get(f"p{number}") for number in range(len(some))]
            found |= {name: project for name, project in zip(some, answers, strict=True) if project is not None}
        return found

    def _repository(self, project: Project) -> Repository:
        git = project.repository
        head = _head(project)
        return Repository(
            id=f"{self._host}/{queries.number_of(project.id) or project.id}",
            name=project.full_path,
            url=project.web_url or "",
            branch=(git.root_ref or "") if git else "",
            head=head,
            tree=head,
            visibility=_VISIBILITIES.get(project.visibility or "", ""),
            is_archived=bool(project.archived),
            is_fork=bool(project.is_forked),
            topics=tuple(project.topics or ()),
        )


def _projects(reply: Reply[Owned]) -> Projects:
    if reply.data and reply.data.source and reply.data.source.projects:
        return reply.data.source.projects
    if reply.errors:
        raise of_error(reply.errors[0])
    hint = f"a single project is written `repo:GROUP/NAME`, a user `user:NAME`; else {SCOPES}"
    raise Fault(NOT_FOUND, "GitLab has no such group or user for the token", hint)


def _head(project: Project) -> str:
    git = project.repository
    commit = git.tree.last_commit if git and git.tree else None
    return commit.sha if commit and is_name(commit.sha) else ""


def _unread(project: Project, fault: Fault | None) -> Fault | None:
    """Why the head of a project is not known; None where it is, and where there is none."""
    if not queries.number_of(project.id):
        return Fault(UNREADABLE, "GitLab names the project by something that is no id", LATER)
    if _head(project):
        return None
    if project.repository is None:
        hint = f"{SCOPES}, or leave the project out with `--exclude`"
        return fault or Fault("no-code", "its code is switched off, or the token may not read it", hint)
    if project.repository.empty and fault is None:
        return None
    hint = "see in its settings whether the default branch exists"
    return fault or Fault("no-head", "GitLab does not tell the head of its default branch", hint)


def _not_there() -> Fault:
    return Fault(NOT_FOUND, "GitLab has no such project for the token", SCOPES)


def _hidden(number: int) -> Fault:
    projects = "one project" if number == 1 else f"{number} projects"
    return Fault("hidden-repository", f"GitLab does not tell what {projects} of a page are", SCOPES)


def _index(failure: Failure) -> int:
    """Which project of a page an error is about; -1 for none."""
    return next((part for part in failure.path or () if isinstance(part, int)), -1)


def _unseen(page: Page, seen: set[str]) -> Page:
    """The page without what an earlier one has; `seen` learns what it has."""
    repositories = {one.id: one for one in page.repositories if one.id not in seen}
    unread = {entry[0].id: entry for entry in page.unread if entry[0].id not in seen}
    seen.update((*repositories, *unread))
    return replace(page, repositories=tuple(repositories.values()), unread=tuple(unread.values()))


def _joined(*pages: Page) -> Page:
    return Page(
        repositories=tuple(one for page in pages for one in page.repositories),
        unread=tuple(one for page in pages for one in page.unread),
        unlisted=tuple(one for page in pages for one in page.unlisted),
    )
