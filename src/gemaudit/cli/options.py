"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from gemaudit.model.advisory import SEVERITIES
from gemaudit.reporting import FORMAT_NAMES

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...", help="Lockfiles or folders to search; `-` reads a lockfile from stdin.", show_default="."
    ),
]
Ruby = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION",
        help="The Ruby it runs on: `3.4.5`, `jruby-10.0.3.0`, or the output of `ruby -v`.",
        rich_help_panel="Environment",
    ),
]
Engine = Annotated[str | None, typer.Option(metavar="NAME", help="The interpreter: ruby, jruby, truffleruby, mruby.")]
Platforms = Annotated[
    list[str] | None,
    typer.Option("--platform", metavar="PLATFORM", help="Where it runs, e.g. `x86_64-linux-musl`. Repeatable."),
]
Libc = Annotated[str | None, typer.Option(metavar="gnu|musl", help="The C library it runs on.")]
Sanitizers = Annotated[
    list[str] | None,
    typer.Option("--sanitizer", metavar="NAME", help="The interpreter is built with `address`, `thread` … Repeatable."),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--feature",
        metavar="NAME",
        help="The application uses `ractor`, `compaction`, `fork` …; `no-ractor` says that it does not. Repeatable.",
    ),
]
NoDiscover = Annotated[
    bool, typer.Option("--no-discover", help="Look at no file beside the lockfile to find out where it runs.")
]
Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Settings to use instead of the nearest `.gemaudit.toml`.")
]
Databases = Annotated[
    list[str] | None,
    typer.Option(
        "--db", metavar="PATH", help="Advisories to use instead of the bundled ones: a folder or a file. Repeatable."
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print no colours.")]
OnlineFlag = Annotated[
    bool, typer.Option("--online", help="Plan from what the lockfile's gem servers offer, as Bundler would.")
]
OfflineFlag = Annotated[
    bool, typer.Option("--offline", help="Plan the same way from what earlier runs have fetched, without the network.")
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="An earlier JSON report; what it has already is unchanged, and the gate looks at what is new.",
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="git:REF", help="The same with the audit of an earlier revision, read from git's object store."
    ),
]
Format = Annotated[
    str, typer.Option("--format", "-f", metavar="NAME", help=f"What stdout shows: {', '.join(FORMAT_NAMES)}.")
]
Reports = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="NAME=FILE", help="Write a report to a file as well; `-` is stdout. Repeatable."),
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show everything: what does not apply and what is ignored, too.")]
FailOn = Annotated[
    str | None,
    typer.Option(metavar="SEVERITY", help=f"The gate: {', '.join(SEVERITIES)} or none.", show_default="medium"),
]
Strict = Annotated[bool, typer.Option("--strict", help="Undecided findings fail, too.")]
Ignores = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="ID", help="Hide an advisory, by id or alias. Repeatable.")
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 instead of 1.")]
