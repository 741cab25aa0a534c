"""The one entry point for contributors: `nox` runs every check, `nox -s NAME` runs one.

The sessions use the environment that nox itself runs in: `pip install -e '.[dev]'` has put everything there.
"""

from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "arch", "advisories", "tests", "proofs"]

PYTHON = ("python", "-m")
PYTEST = (*PYTHON, "pytest", "-n", "auto", "--dist", "worksteal")
#: What starts other programs or works for long: real Bundler, browsers, clusters, whole organisations.
PROOFS = (
    "tests/proof",
    "tests/browser",
    "tests/batch",
    "tests/action/test_composite_action.py",
    *sorted(str(path) for path in Path("tests/org").glob("test_proof_*.py")),
)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and common mistakes."""
    session.run(*PYTHON, "ruff", "check")
    session.run(*PYTHON, "ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run(*PYTHON, "mypy")


@nox.session
def arch(session: nox.Session) -> None:
    """The dependency rule of docs/architecture.md."""
    session.run("lint-imports")


@nox.session
def advisories(session: nox.Session) -> None:
    """Every advisory holds its own self-tests."""
    session.run(*PYTHON, "gemaudit", "db", "lint", "advisories")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests that take seconds, in random order and on every core; arguments after `--` go to pytest."""
    session.run(*PYTEST, *(f"--ignore={path}" for path in PROOFS), *session.posargs)


@nox.session
def proofs(session: nox.Session) -> None:
    """The rest of them; they want ruby, bundler, git, chromium and java."""
    session.run(*PYTEST, *PROOFS, *session.posargs)


@nox.session
def requirements(session: nox.Session) -> None:
    """What the GitHub Action installs, with hashes, from pyproject.toml; needs the network."""
    session.run("python", "action/lock.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed, as ratios within one run; never a part of the tests."""
    session.run("python", "bench/run.py", *session.posargs)


@nox.session
def bench_org(session: nox.Session) -> None:
    """What a scan of 2,000 and of 20,000 repositories costs."""
    session.run("python", "bench/org.py", *session.posargs)
