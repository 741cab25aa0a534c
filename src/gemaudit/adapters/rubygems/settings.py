"""Bundler's settings, as far as they say whom to ask for gems and with which credentials.

The rules are those of `Bundler::Settings` (bundler/settings.rb): the project's file wins over the environment, which
wins over the user's file. Values may be secrets, so nothing here prints one.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gemaudit.adapters.paths import read_regular
from gemaudit.environments.yaml_nodes import YamlError, parse_yaml
from gemaudit.model.diagnostic import Diagnostic

_PREFIX = "BUNDLE_"
_ADDRESS = re.compile("HTTPS?://")
_LARGEST = 256 * 1024
_NAMES_OF_THE_USERS_FILE = ("BUNDLE_CONFIG", "BUNDLE_USER_CONFIG")


class BundlerSettings:
    """The settings of one project and its user."""

    __slots__ = ("_levels",)

    def __init__(self, *, local: Mapping[str, str], environment: Mapping[str, str], user: Mapping[str, str]) -> None:
        self._levels = tuple(map(_normalized, (local, environment, user)))

    def get(self, name: str) -> str | None:
        """The value of a setting such as `mirror.all`, or None where nobody states it."""
        return _first(self._levels, name)

    def get_unless_local(self, name: str) -> str | None:
        """The same, whatever the project's own file says; a project must not choose whom its user trusts."""
        return _first(self._levels[1:], name)

    def mirror_of(self, url: str, host: str) -> str | None:
        """Whom to ask in place of a server, or None for itself (`Bundler::Settings::Mirrors#for`).

        Bundler probes a mirror that has a `fallback_timeout`; here a mirror that is down stays the one to ask.
        """
        return self.get("mirror.all") or self.get(f"mirror.{url}") or self.get(f"mirror.{host}")

    def userinfo_of(self, url: str, host: str) -> str | None:
        """What stands for `USER:PASSWORD` for a server, or None (`Bundler::Settings#credentials_for`)."""
        return self.get(url) or self.get(host)

    def __repr__(self) -> str:
        return "BundlerSettings(...)"


def key_of(name: str) -> str:
    """How the environment and the files spell a setting: `gems.my-host.org` is `BUNDLE_GEMS__MY___HOST__ORG`."""
    return _normalized_key(_PREFIX + name.replace(".", "__").replace("-", "___").upper())


def read_settings(
    environment: Mapping[str, str], project: Path | None
) -> tuple[BundlerSettings, tuple[Diagnostic, ...]]:
    """Return the settings, and why a file was passed over. Without a `project` no project's file is read."""
    files = {"local": _local_file(environment, project), "user": _user_file(environment)}
    if environment.get("BUNDLE_IGNORE_CONFIG"):
        files = dict.fromkeys(files)
    read: dict[str, dict[str, str]] = {}
    problems = []
    for level, path in files.items():
        try:
            read[level] = _read(path) if path is not None and path.is_file() else {}
        except (OSError, UnicodeDecodeError, YamlError):
            read[level] = {}
            problems.append(_passed_over(path))
    variables = {name: value for name, value in environment.items() if name.startswith(_PREFIX)}
    return BundlerSettings(local=read["local"], environment=variables, user=read["user"]), tuple(problems)


def home(environment: Mapping[str, str]) -> Path | None:
    """The user's own folder, or None where the environment names none."""
    name = environment.get("HOME") or environment.get("USERPROFILE")
    return Path(name) if name else None


def _local_file(environment: Mapping[str, str], project: Path | None) -> Path | None:
    """The file of `Bundler.app_config_path`; a relative `BUNDLE_APP_CONFIG` is seen from the project."""
    if project is None:
        return None
    return project / (environment.get("BUNDLE_APP_CONFIG") or ".bundle") / "config"


def _user_file(environment: Mapping[str, str]) -> Path | None:
    for name in _NAMES_OF_THE_USERS_FILE:
        if path := environment.get(name):
            return Path(path)
    if folder := environment.get("BUNDLE_USER_HOME"):
        return Path(folder) / "config"
    own = home(environment)
    return own / ".bundle" / "config" if own else None


def _read(path: Path) -> dict[str, str]:
    content = read_regular(path, _LARGEST + 1)
    if len(content) > _LARGEST:
        raise YamlError("it is too long")
    node = parse_yaml(content.decode("utf-8-sig").split("\n"))
    named = node.named if node else {}
    return {key: value.value for key, value in named.items() if value.kind == "scalar"}


def _passed_over(path: Path | None) -> Diagnostic:
    return Diagnostic(
        code="unreadable-bundle-config",
        message="these settings of Bundler cannot be read, so their mirrors and credentials are not used",
        path=path.as_posix() if path else "",
        level="warning",
        hint="`bundle config list` shows what Bundler makes of it",
    )


def _normalized(settings: Mapping[str, str]) -> dict[str, str]:
    return {_normalized_key(key): value for key, value in settings.items() if value}


def _normalized_key(key: str) -> str:
    """A key as `Settings#load_config` and `.normalize_uri` spell it: an address ends in a slash."""
    spelled = key.replace(".", "__").replace("-", "___").upper()
    is_complete = not _ADDRESS.search(spelled) or spelled.endswith(("/", "__FALLBACK_TIMEOUT"))
    return spelled if is_complete else spelled + "/"


def _first(levels: Iterable[Mapping[str, str]], name: str) -> str | None:
    key = key_of(name)
    return next((level[key] for level in levels if key in level), None)
