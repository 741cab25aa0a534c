"""`gemaudit org scan`, or `gemaudit org` for short: the scan."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import anyio
import typer
from msgspec.structs import replace

from gemaudit import __version__
from gemaudit.adapters.clock import now, today
from gemaudit.adapters.config import Settings
from gemaudit.adapters.forges import forge_of
from gemaudit.adapters.forges.faults import Fault
from gemaudit.adapters.forges.forge import Forge
from gemaudit.adapters.forges.limits import Limits
from gemaudit.adapters.scans.store import Scans
from gemaudit.cli import options
from gemaudit.cli.console import fail, refuse, say, tell
from gemaudit.cli.exit_codes import ExitCode
from gemaudit.cli.org import delivery
from gemaudit.cli.org.progress import Lines, beating, watching
from gemaudit.cli.org.sources import sources_of
from gemaudit.cli.session import Described, open_knowledge, settings_for, stated_by
from gemaudit.model.repository import Source, Visibility
from gemaudit.model.survey import Scan
from gemaudit.org.engine import Engine
from gemaudit.org.judging import Judge
from gemaudit.org.ledger import Ledger
from gemaudit.org.publishing import Kind, Publisher
from gemaudit.org.selection import Selection, Shard

EPILOG = """\
\b
  gemaudit org acme                          every repository of an organisation
  gemaudit org acme --report html=index.html
  gemaudit org user:jane acme/shop @more.txt
  gemaudit org acme --changed --fail-on high
  gemaudit org report --format html          the last scan again, from the file
  gemaudit org history                       the scans in the course of time
  gemaudit org merge --into all.sqlite part-*.sqlite
\b
The token is read from GH_TOKEN or GITHUB_TOKEN; of GitHub Enterprise Server
from GH_ENTERPRISE_TOKEN, of GitLab from GITLAB_TOKEN.
An organisation called `report`, `history`, `merge` or `scan` is written `org:report`.
\b
Exit codes:
  0  every repository was looked at, and nothing is at or above the gate
  1  findings at or above the gate
  2  wrong usage or settings, or a file of scans that cannot be used
  3  nothing to audit
  4  no usable advisory database
  5  some repositories could not be read, or the scan did not reach its end
  70 a bug in gemaudit
"""


def scan_command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="ORG...", help="Organisations or groups, `user:NAME`, `OWNER/NAME`, or `@FILE` with a list of them."
        ),
    ],
    forge: Annotated[Literal["github", "gitlab"], typer.Option(help="What holds the repositories.")] = "github",
    api_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A server of your own: `https://github.example.com`.")
    ] = None,
    gh: Annotated[bool, typer.Option("--gh", help="Ask `gh auth token` for the token.")] = False,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these, as in `web-*` or `acme/web-*`. Repeatable.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Not these. Repeatable.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones, too.")] = False,
    forks: Annotated[bool, typer.Option("--forks/--no-forks", help="Forks, too.")] = True,
    topic: Annotated[list[str] | None, typer.Option(metavar="TOPIC", help="Only with this topic. Repeatable.")] = None,
    visibility: Annotated[
        list[str] | None, typer.Option(metavar="public|private|internal", help="Only of this kind. Repeatable.")
    ] = None,
    shard: Annotated[str, typer.Option(metavar="I/N", help="Only the I-th of N equal parts.")] = "1/1",
    scan_name: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A name that all shards of one scan share; GITHUB_RUN_ID if that is set."),
    ] = None,
    state: delivery.State = delivery.DEFAULT_STATE,
    max_requests: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop after so many requests; the next run goes on.")
    ] = None,
    max_wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="The longest to wait for the forge's limit.")
    ] = 3600,
    concurrency: Annotated[int, typer.Option(min=1, max=50, metavar="N", help="Requests at the same time.")] = 8,
    upload_sarif: Annotated[
        bool, typer.Option("--upload-sarif", help="Hand the findings to GitHub's code scanning.")
    ] = False,
    issues: Annotated[
        bool, typer.Option("--issues", help="Keep an issue with the plan in each repository that is affected.")
    ] = False,
    platform: options.Platforms = None,
    libc: options.Libc = None,
    feature: options.Features = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings to use instead of each repository's own.")
    ] = None,
    db: options.Databases = None,
    format_: delivery.Format = "text",
    report: delivery.Reports = None,
    changed: delivery.Changed = False,
    fail_on: delivery.FailOn = "none",
    show_all: delivery.ShowAll = False,
    quiet: delivery.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Scan all repositories of an organisation; what has not changed since the last scan costs nothing."""
    wanted = delivery.wanted(
        format_, report, fail_on, changed=changed, quiet=quiet, show_all=show_all, no_color=no_color
    )
    sources = sources_of(names, groups_have_slashes=forge == "gitlab")
    selection = Selection(
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        archived=archived,
        forks=forks,
        topics=tuple(topic or ()),
        visibilities=_visibilities(visibility or []),
        shard=_shard(shard),
    )
    knowledge = open_knowledge(db)
    described = Described(platforms=platform, libc=libc, features=feature)
    settings = settings_for(config, ()) if config is not None else None
    facts = stated_by(described, settings or Settings()).command_line
    judge = Judge(knowledge=knowledge, today=today(), now="", facts=facts, settings=settings)
    limits = Limits(at_once=concurrency, longest_wait=max_wait, most_requests=max_requests)
    kinds: tuple[Kind, ...] = (*(("sarif",) if upload_sarif else ()), *(("issue",) if issues else ()))
    with delivery.opened(state, write=True) as scans:
        client = _forge(forge, api_url, limits, scans, gh=gh)
        asked = Scan(
            name=scan_name or os.environ.get("GITHUB_RUN_ID", ""),
            started=now(),
            forge=client.name,
            host=client.host,
            sources=tuple(map(str, sources)),
            shard="" if selection.shard.count == 1 else str(selection.shard),
            scope=_digest(client.host, sources, selection, judge.basis, kinds),
            version=__version__,
            revision=knowledge.database.info.revision,
        )
        before = scans.latest()
        begun = scans.begin(asked, repeated=scan_name is None)
        # A new scan never begins in the same second as the last.
        if before is not None and begun.started == before.started and not quiet:
            say(f"going on with the scan that began {begun.started}")
        with watching(lambda: client.budget, quiet=quiet, no_color=no_color) as watch:
            ledger = Ledger(scans, begun, judge.basis, watch)
            publisher = Publisher(scans, judge.basis, kinds) if kinds else None
            engine = Engine(client, scans, ledger, replace(judge, now=begun.started), selection, publisher)
            _run(client, engine, sources, watch)
        for problem in ledger.problems if ("text", "-") not in wanted.reports else ():
            if problem.level != "notice":
                tell(problem, no_color=no_color)
        ended = now() if ledger.is_complete else ""
        scan = scans.finish(begun, requests=client.requests, problems=ledger.problems, finished=ended)
        raise typer.Exit(delivery.deliver(scans, scan, wanted))


def _run(client: Forge, engine: Engine, sources: Sequence[Source], watch: Lines) -> None:
    async def run() -> None:
        async with client, anyio.create_task_group() as group:
            group.start_soon(beating, watch)
            await engine.run(sources)
            group.cancel_scope.cancel()

    try:
        anyio.run(run)
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        raise
    except BaseExceptionGroup as group:
        raise _cause(group) from None


def _cause(error: BaseException) -> BaseException:
    """The first of the errors that ended several tasks at once."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _forge(name: str, api_url: str | None, limits: Limits, scans: Scans, *, gh: bool) -> Forge:
    try:
        return forge_of(name, api_url=api_url, environment=os.environ, limits=limits, remembered=scans, ask_gh=gh)
    except Fault as fault:
        fail(ExitCode.UNUSABLE, fault.diagnostic())


def _digest(*values: object) -> str:
    """What tells scans apart that were asked something else."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def _shard(text: str) -> Shard:
    try:
        return Shard.parse(text)
    except ValueError as error:
        refuse(str(error), "write `--shard 2/4` for the second of four parts")


def _visibilities(texts: list[str]) -> tuple[Visibility, ...]:
    known = tuple(filter(None, get_args(Visibility)))
    for text in texts:
        if text not in known:
            refuse(f"`{text}` is no visibility", f"choose one of {', '.join(known)}")
    return tuple(one for one in known if one in texts)
