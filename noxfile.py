"""The one entry point for contributors: `nox` runs every check, `nox -s NAME` runs one.

The sessions use the environment that nox itself runs in: `pip install -e '.[dev]'` has put everything there.
"""

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "arch", "advisories", "tests"]

PYTHON = ("python", "-m")


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
    """The tests, in random order and on every core; arguments after `--` go to pytest."""
    session.run(*PYTHON, "pytest", "-n", "auto", "--dist", "worksteal", *session.posargs)


@nox.session
def requirements(session: nox.Session) -> None:
    """What the GitHub Action installs, with hashes, from pyproject.toml; needs the network."""
    session.run("python", "action/lock.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed, as ratios within one run; never a part of the tests."""
    session.run("python", "bench/run.py", *session.posargs)
