"""`gemaudit org history`: the scans in the course of time."""

import sys
from typing import Annotated, Literal

import typer

from gemaudit.cli import options
from gemaudit.cli.console import style_of, write
from gemaudit.cli.org import delivery


def history_command(
    state: delivery.State = delivery.DEFAULT_STATE,
    format_: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="What stdout shows.")] = "text",
    show_all: delivery.ShowAll = False,
    no_color: options.NoColor = False,
) -> None:
    """Show how the findings have come and gone from scan to scan."""
    from gemaudit.reporting.org.history import history_json, render_history  # noqa: PLC0415 - only used here

    with delivery.opened(state, write=False) as scans:
        points = scans.trend()
    style = style_of(sys.stdout, no_color=no_color, show_all=show_all)
    write(history_json(points) if format_ == "json" else render_history(points, style))
