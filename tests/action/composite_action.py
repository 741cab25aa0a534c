"""What a runner does with a composite action, as far as ours needs it: env, `run` scripts, outputs, the summary.

An expression or a key that is not understood is an error, so that nothing is skipped in silence.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# The command that a runner starts for `shell: sh`.
_SHELLS = {"sh": ["sh", "-e"]}
_KEYS = {"id", "shell", "env", "run"}
_OUTPUT = re.compile(
    r"(?P<name>[\w-]+)(?:=(?P<value>[^\n]*)\n|<<(?P<end>[^\n]+)\n(?P<lines>.*?)\n(?P=end)\n)", re.DOTALL
)


class Run(Struct, frozen=True, kw_only=True):
    """What came of a run: `log` is all that the steps wrote, with the commands that a runner takes out of it."""

    code: int
    failed: str
    log: str
    masked: frozenset[str]
    summary: str
    outputs: dict[str, str]
    steps: dict[str, dict[str, str]]


def evaluate(text: Any, contexts: Mapping[str, Any]) -> str:
    """The text with every expression replaced by its value."""
    return _EXPRESSION.sub(lambda match: _value(match[1], contexts), str(text))


def _value(expression: str, contexts: Mapping[str, Any]) -> str:
    parts = expression.split(".")
    if parts[0] == "inputs" and len(parts) == 2:
        assert parts[1] in ACTION["inputs"], expression
    elif parts[0] == "steps":
        assert (len(parts), parts[2]) == (4, "outputs"), expression
        assert parts[1] in {step["id"] for step in ACTION["runs"]["steps"]}, expression
    else:
        assert expression == "github.token", f"the evaluator does not know {expression}"
    value: Any = contexts
    for part in parts:
        value = value.get(part, {})
    return value if isinstance(value, str) else ""


def outputs_of(text: str) -> dict[str, str]:
    """The outputs of a step; a file that is not well-formed is an error, as it is for a runner."""
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _OUTPUT.match(text, position)
        assert match is not None, f"GITHUB_OUTPUT is not well-formed: {text[position:]!r}"
        found[match["name"]] = match["value"] if match["end"] is None else match["lines"]
        position = match.end()
    return found


def execute(
    given: Mapping[str, str],
    environment: Mapping[str, str],
    workspace: Path,
    temporary: Path,
    *,
    token: str,
    prepared: Mapping[str, Mapping[str, str]],
) -> Run:
    """Run the steps in their order until one fails; those that are `prepared` have these outputs instead."""
    assert set(given) <= set(ACTION["inputs"])
    github = {"github": {"token": token}}
    inputs = {name: evaluate(spec.get("default", ""), github) for name, spec in ACTION["inputs"].items()} | dict(given)
    steps: dict[str, Any] = {}
    code, failed, log, summary = 0, "", "", ""
    for step in ACTION["runs"]["steps"]:
        assert set(step) <= _KEYS, f"the runner of the tests does not know {set(step) - _KEYS}"
        if step["id"] in prepared:
            steps[step["id"]] = {"outputs": dict(prepared[step["id"]])}
            continue
        contexts = {**github, "inputs": inputs, "steps": steps}
        code, said, told, outputs = _step(step, contexts, environment, workspace, temporary)
        log, summary = log + said, summary + told
        steps[step["id"]] = {"outputs": outputs}
        if code:
            failed = step["id"]
            break
    masked = frozenset(re.findall(r"^::add-mask::(.*)$", log, re.MULTILINE))
    values = {name: evaluate(spec["value"], {"steps": steps}) for name, spec in ACTION["outputs"].items()}
    shown = re.sub(r"^::add-mask::.*\n", "", log, flags=re.MULTILINE)
    return Run(
        code=code,
        failed=failed,
        log=shown,
        masked=masked,
        summary=summary,
        outputs=values,
        steps={name: step["outputs"] for name, step in steps.items()},
    )


def _step(
    step: Mapping[str, Any],
    contexts: Mapping[str, Any],
    environment: Mapping[str, str],
    workspace: Path,
    temporary: Path,
) -> tuple[int, str, str, dict[str, str]]:
    files = {
        name: temporary / f"{step['id']}-{name}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")
    }
    for file in files.values():
        file.write_text("")
    script = temporary / f"{step['id']}.sh"
    script.write_text(evaluate(step["run"], contexts))
    assert script.read_text() == step["run"], "a value was written into a script"
    own = {name: evaluate(value, contexts) for name, value in step.get("env", {}).items()}
    done = subprocess.run(
        [*_SHELLS[step["shell"]], str(script)],
        cwd=workspace,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(temporary),
            "LC_ALL": "C.UTF-8",
            "RUNNER_TEMP": str(temporary),
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_ACTION_PATH": str(ROOT),
            **environment,
            **{name: str(file) for name, file in files.items()},
            **own,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    assert files["GITHUB_ENV"].read_text() == "", "a step changed the environment of all others"
    said = done.stdout.decode()
    return (
        done.returncode,
        said,
        files["GITHUB_STEP_SUMMARY"].read_text(),
        outputs_of(files["GITHUB_OUTPUT"].read_text()),
    )
