"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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
