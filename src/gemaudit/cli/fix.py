"""`gemaudit fix`: the plan, carried out."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from gemaudit.adapters.bundler import locking, run
from gemaudit.adapters.rewrite import read_texts, restore, write_all
from gemaudit.adapters.tree import STDIN
from gemaudit.cli import options
from gemaudit.cli.console import refuse, say, style_of, tell, write
from gemaudit.cli.exit_codes import ExitCode, exit_code
from gemaudit.cli.online import Asking, Online, advised
from gemaudit.cli.session import Described, folder_of, inputs, open_knowledge, settings_for, stated_by
from gemaudit.model.diagnostic import Diagnostic
from gemaudit.model.plan import FEASIBLE, Step
from gemaudit.model.report import Audit, Report
from gemaudit.pipeline import judge
from gemaudit.planning.gemfile import gemfile_of
from gemaudit.planning.patch import FileChange, Patch, diff, is_plain, patch
from gemaudit.reporting.changes import render_changes
from gemaudit.reporting.sanitize import visible, visible_lines
from gemaudit.reporting.script import Script, ScriptStep, render_script


def fix(
    paths: options.Paths = None,
    ruby: options.Ruby = None,
    engine: options.Engine = None,
    platform: options.Platforms = None,
    libc: options.Libc = None,
    sanitizer: options.Sanitizers = None,
    feature: options.Features = None,
    no_discover: options.NoDiscover = False,
    write_: Annotated[
        bool, typer.Option("--write", help="Change the files that state versions, and show what has changed.")
    ] = False,
    run_bundler: Annotated[
        bool,
        typer.Option("--run-bundler", help="With `--write`: run Bundler too, which runs the code of the Gemfile."),
    ] = False,
    diff_: Annotated[
        bool, typer.Option("--diff", help="Print what would change as one diff, as far as that is known.")
    ] = False,
    online: options.OnlineFlag = False,
    offline: options.OfflineFlag = False,
    config: options.Config = None,
    db: options.Databases = None,
    no_color: options.NoColor = False,
) -> None:
    """Print the plan as a script, or carry it out with `--write`.

    Only lines that state a version change; Bundler runs with `--run-bundler` alone, and then locks without installing.
    """
    if run_bundler and not write_:
        refuse("`--run-bundler` changes files", "add `--write`")
    if STDIN in (paths or ()):
        refuse("there is no file to fix on stdin", "name the lockfile")
    described = Described(
        ruby=ruby, engine=engine, platforms=platform, libc=libc, sanitizers=sanitizer, features=feature
    )
    settings = settings_for(config, paths or ())
    stated = stated_by(described, settings)
    knowledge = open_knowledge(db)

    asking = Asking(project=folder_of(paths or ()), online=online, offline=offline)

    def audit() -> Online:
        given, problems = inputs(paths or (), discover=not no_discover)
        judgements = [judge(one, stated, knowledge) for one in given]
        return advised(judgements, settings.policy, knowledge, asking, problems)

    before = audit()
    _say_problems(before.report, no_color=no_color)
    if not write_:
        scripts = [_script(one) for one in before.report.audits if _feasible(one)]
        write(_diffs(before.report) if diff_ else render_script(scripts) if scripts else "")
        raise typer.Exit(_code_of_plan(before))
    failures = [not _carry_out(one, run_bundler=run_bundler) for one in before.report.audits]
    after = audit()
    write(render_changes(before.report, after.report, style_of(sys.stdout, no_color=no_color)))
    raise typer.Exit(ExitCode.UNUSABLE if any(failures) else exit_code(after.report, network_failed=after.failed))


def _say_problems(report: Report, *, no_color: bool) -> None:
    for diagnostic in (*report.diagnostics, *(found for one in report.audits for found in one.diagnostics)):
        if diagnostic.level != "notice":
            tell(diagnostic, no_color=no_color)


def _code_of_plan(planned: Online) -> ExitCode:
    """A plan that is printed fails where it could not be made, not where there is something to do."""
    code = exit_code(planned.report, network_failed=planned.failed)
    if code is not ExitCode.FINDINGS:
        return code
    return ExitCode.NETWORK if planned.failed else ExitCode.CLEAN


def _feasible(audit: Audit) -> tuple[Step, ...]:
    return tuple(step for step in audit.plan.steps if step.outcome in FEASIBLE)


def _patches(audit: Audit) -> Iterator[tuple[Step, Patch]]:
    """The change of each step, on top of those before."""
    texts = _texts(audit)
    for step in _feasible(audit):
        change = patch(step.edits, texts)
        texts |= {one.path: one.after for one in change.changes}
        yield step, change


def _script(audit: Audit) -> Script:
    folder = Path(audit.path).parent.as_posix()
    return Script(
        lockfile=audit.path,
        folder="" if folder == "." else folder,
        steps=tuple(
            ScriptStep(
                step=step,
                diffs=tuple((one.path, diff(one)) for one in change.changes),
                by_hand=tuple((refusal.edit, refusal.reason) for refusal in change.refusals),
            )
            for step, change in _patches(audit)
        ),
        verified=all(step.verified for step in _feasible(audit) if step.kind == "gem"),
    )


def _diffs(report: Report) -> str:
    """Everything that would change in the files, and in the lockfile where that can be known."""
    found = []
    for audit in report.audits:
        whole = patch((edit for step in _feasible(audit) for edit in step.edits), _texts(audit))
        _say_by_hand(whole)
        found += [diff(change) for change in whole.changes]
        for path, text in read_texts([audit.path], Path(audit.path).parent).items():
            if audit.plan.relocked and is_plain(audit.plan.relocked):
                found.append(diff(FileChange(path=path, before=text, after=audit.plan.relocked)))
    return "".join(found)


def _texts(audit: Audit) -> dict[str, str]:
    paths = dict.fromkeys(edit.path for step in audit.plan.steps for edit in step.edits)
    return read_texts(paths, Path(audit.path).parent)


def _carry_out(audit: Audit, *, run_bundler: bool) -> bool:
    """Write the edits, then run the commands, step by step; a step that fails is undone and is the last."""
    left: list[str] = []
    for step, change in _patches(audit):
        _say_by_hand(change)
        try:
            write_all(change.changes)
        except OSError as error:
            tell(_failed(audit, str(error), "nothing of this step was written"))
            return False
        left += [command for command in step.commands if not run_bundler or locking(command) is None]
        if run_bundler and not _run_all(step, audit, change):
            return False
        write("".join(visible_lines(diff(one)) for one in change.changes))
    if left:
        say("to be run, in this order:")
    for command in left:
        say(f"  {visible(command)}")
    return True


def _run_all(step: Step, audit: Audit, change: Patch) -> bool:
    lockfile = Path(audit.path)
    # `bundle add` writes into the Gemfile itself.
    kept = read_texts([audit.path, gemfile_of(audit.path)], lockfile.parent)
    for command in step.commands:
        quiet = locking(command)
        if quiet is None:
            continue
        say(f"running `{visible(quiet)}` in `{visible(lockfile.parent.as_posix())}`")
        ran = run(quiet, lockfile.parent, Path(gemfile_of(audit.path)).name)
        if not ran.succeeded:
            restore(FileChange(path=path, before=text, after="") for path, text in kept.items())
            restore(change.changes)
            tell(_failed(audit, f"`{quiet}` failed", "its step was undone"))
            say(visible_lines(ran.output))
            return False
    return True


def _say_by_hand(change: Patch) -> None:
    for refusal in change.refusals:
        tell(
            Diagnostic(
                code="edit-by-hand",
                message=f"this line was left as it is: {refusal.reason}",
                path=refusal.edit.path,
                line=refusal.edit.line,
                level="warning",
                text=refusal.edit.before,
                hint="the plan of `gemaudit check` says what it has to ask for",
            )
        )


def _failed(audit: Audit, message: str, what: str) -> Diagnostic:
    return Diagnostic(
        code="fix-failed",
        message=f"{message}; {what}",
        path=audit.path,
        hint="run `gemaudit fix` without `--write` to see the steps, and run them one by one",
    )
