"""The files that say where a bundle runs.

`SOURCES` is the table. A new kind of file is a module named after its source, with `NAME` and `observe`,
a line here, its rank in `PRECEDENCE`, and a row in docs/environments.md.
A module is imported when the first document of its kind turns up, because most projects have few kinds.
"""

import re
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from msgspec import Struct

from gemaudit.environments.observation import Observation
from gemaudit.model.document import Document


class _Reader(Protocol):
    NAME: str

    def observe(self, document: Document) -> Observation: ...


class Source(Struct, frozen=True):
    """A kind of file that says where a bundle runs.

    `patterns` are globs relative to a project folder, with at most one `*` in each part.
    """

    name: str
    patterns: tuple[str, ...]

    @property
    def module(self) -> str:
        """The full name of the module that reads these files."""
        return f"gemaudit.environments.{self.name.replace('-', '_')}"

    def observe(self, document: Document) -> Observation:
        """Everything one file of this kind says; it never raises."""
        return cast("_Reader", import_module(self.module)).observe(document)


#: Every kind of file that is read, strongest first.
SOURCES: tuple[Source, ...] = (
    Source("kamal", ("config/deploy.yml",)),
    Source(
        "dockerfile",
        (
            *("Dockerfile", "Containerfile", "Dockerfile.*", "Containerfile.*", "*.Dockerfile", "*.Containerfile"),
            *("docker/Dockerfile", "docker/Dockerfile.*", "docker/*.Dockerfile"),
            *(".docker/Dockerfile", ".devcontainer/Dockerfile"),
        ),
    ),
    Source(
        "compose",
        (
            *("compose.yml", "compose.yaml", "docker-compose.yml", "docker-compose.yaml"),
            *("compose.*.yml", "compose.*.yaml", "docker-compose.*.yml", "docker-compose.*.yaml"),
        ),
    ),
    Source("heroku", ("app.json",)),
    Source("devcontainer", (".devcontainer/devcontainer.json", ".devcontainer.json")),
    Source("workflow", (".github/workflows/*.yml", ".github/workflows/*.yaml")),
    Source("gitlab", (".gitlab-ci.yml",)),
    Source("circleci", (".circleci/config.yml",)),
    Source("procfile", ("Procfile",)),
    Source("server-config", ("config/puma.rb", "config/puma/production.rb")),
    Source(
        "rails-config",
        (
            *("config/application.rb", "config/environments/production.rb", "config/initializers/*.rb"),
            *("config/boot.rb", "config.ru"),
        ),
    ),
    Source("ruby-version", (".ruby-version",)),
    Source("tool-versions", (".tool-versions",)),
    Source("mise-lock", ("mise.lock",)),
    Source(
        "mise",
        (
            *("mise.toml", ".mise.toml", "mise.local.toml", "mise/config.toml", ".mise/config.toml"),
            *(".config/mise.toml", ".config/mise/config.toml"),
        ),
    ),
    Source("devbox", ("devbox.json",)),
    Source("gemfile", ("Gemfile", "gems.rb")),
)

#: What the sources ask for, relative to a project folder.
PATTERNS: tuple[str, ...] = tuple(pattern for source in SOURCES for pattern in source.patterns)

#: Whose facts count where several speak of one environment, strongest first.
PRECEDENCE = (
    "command-line",
    "config",
    "kamal",
    "dockerfile",
    "compose",
    "heroku",
    "devcontainer",
    "workflow",
    "gitlab",
    "circleci",
    "procfile",
    "server-config",
    "rails-config",
    "gemfile-lock",
    "ruby-version",
    "tool-versions",
    "mise-lock",
    "mise",
    "devbox",
    "gemfile",
)


def is_source(path: str) -> bool:
    """Whether a file of that path is read, relative to whatever folder; cheap enough for every path of a tree."""
    return _any_pattern().fullmatch(path) is not None


@cache
def _any_pattern() -> re.Pattern[str]:
    globs = "|".join(re.escape(pattern).replace(r"\*", "[^/]*") for pattern in PATTERNS)
    return re.compile(f"(?:.*/)?(?:{globs})", re.DOTALL)


def project_folder(path: str, source: Source) -> str | None:
    """The folder relative to which one of the source's patterns names the path, or None where none does."""
    parts = path.split("/")
    for pattern in source.patterns:
        wanted = pattern.split("/")
        if len(parts) >= len(wanted) and all(map(_fits, parts[-len(wanted) :], wanted)):
            return "/".join(parts[: -len(wanted)])
    return None


def _fits(part: str, wanted: str) -> bool:
    head, star, tail = wanted.partition("*")
    if not star:
        return part == wanted
    return len(part) >= len(wanted) - 1 and part.startswith(head) and part.endswith(tail)
