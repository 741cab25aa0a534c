"""What a git tree of CRuby says about its version and its gems, read as text without running Ruby."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

_LITERAL = re.compile(r"""-?["'](?P<version>[0-9][0-9A-Za-z.-]*)["']""")
_VERSION_LINE = re.compile(r"^\s*\w+\.version\s*=\s*(?P<expression>.+?)\s*$", re.MULTILINE)
_NAME_LINE = re.compile(r"""^\s*\w+\.name\s*=\s*(["'])(?P<name>[\w-]+)\1""", re.MULTILINE)
#: `Psych::VERSION`, `ERB.const_get(:VERSION, false)`.
_CONSTANT = re.compile(r"(?:\w+::)+(?P<scoped>\w*VERSION)|\w+\.const_get\(:(?P<got>\w*VERSION)\b.*\)")
#: `f.gets("\n#define STRSCAN_VERSION ")`, `/^\s*OptionParser::Version\s*=\s*"(.*)"/`
#: and `/^#define\s+SYSLOG_VERSION\s+"(.+)"/`.
_SEARCHED = re.compile(
    r"""\.gets\s*\(?\s*["'](?:\\n)?\s*(?:\#define\s+)?(?P<read>\w+)|/\^(?:\\s\*|\#define\\s\+)(?P<matched>[\w:]+)\\s""",
    re.VERBOSE,
)
_MENTIONED = re.compile(
    r"""["'](?P<file>[\w./-]+\.(?:rb|c|h))["']|require(?:_relative)?\s*\(?["'](?P<feature>[\w./-]+)["']"""
)
_BUNDLED = re.compile(r"^(?P<name>[A-Za-z][\w-]*)\s+(?P<version>[0-9]\S*)", re.MULTILINE)


class UnresolvableError(Exception):
    """A file of CRuby does not state what it should, in any form that is known here."""


class Clone:
    """A local clone of a repository, bare or not."""

    def __init__(self, path: Path) -> None:
        self._git = ("git", "-C", str(path))
        self._texts: dict[str, str] = {}

    def _run(self, *arguments: str) -> bytes | None:
        done = subprocess.run((*self._git, *arguments), capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def commit(self, name: str) -> str | None:
        """The commit that a full reference or id stands for, or None where the clone does not have it."""
        found = self._run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return found.decode().strip() if found else None

    def files(self, commit: str) -> dict[str, str]:
        """The paths of a commit and the ids of their contents."""
        listing = (self._run("ls-tree", "-r", "-z", commit) or b"").decode("utf-8", "replace")
        entries = (line.split("\t", 1) for line in listing.split("\0") if line)
        return {path: entry.split()[2] for entry, path in entries}

    def text(self, blob: str) -> str:
        """The content with that id."""
        if blob not in self._texts:
            self._texts[blob] = (self._run("cat-file", "blob", blob) or b"").decode("utf-8", "replace")
        return self._texts[blob]


class Tree:
    """The files of CRuby at one release."""

    def __init__(self, clone: Clone, commit: str) -> None:
        self._clone = clone
        self._files = clone.files(commit)

    def text(self, path: str) -> str:
        """The content of a file; empty where there is none."""
        return self._clone.text(self._files[path]) if path in self._files else ""

    def gemspecs(self) -> list[str]:
        """What `rbinstall.rb` installs as default gems."""
        return sorted(path for path in self._files if re.match(r"(?:ext|lib)/.*\.gemspec$", path))


def stated_version(tree: Tree) -> list[str]:
    """The three numbers that `version.h` states."""
    text = tree.text("version.h") + tree.text("include/ruby/version.h")
    if whole := re.search(r'#\s*define RUBY_VERSION "([\d.]+)"', text):
        return whole[1].split(".")
    names = ("RUBY_API_VERSION_MAJOR", "RUBY_API_VERSION_MINOR", "RUBY_VERSION_TEENY")
    return [found[1] for name in names if (found := re.search(rf"#\s*define {name} (\d+)", text))]


def default_gems(tree: Tree) -> dict[str, str]:
    """The default gems and their versions. Raises UnresolvableError for a gemspec of an unknown form."""
    gems = {}
    for path in tree.gemspecs():
        text = tree.text(path)
        name = found["name"] if (found := _NAME_LINE.search(text)) else PurePosixPath(path).stem
        gems[name] = gemspec_version(tree, path, name)
    return gems


def gemspec_version(tree: Tree, path: str, name: str) -> str:
    """The version that a gemspec computes. Raises UnresolvableError where the way is not known."""
    text = interpolated(tree.text(path), name)
    if (line := _VERSION_LINE.search(text)) is None:
        raise UnresolvableError(f"{path}: no version is assigned")
    expression = line["expression"]
    if re.fullmatch(r"[a-z_]\w*|_VERSION", expression, re.IGNORECASE):
        assigned = re.search(rf"^\s*{expression}\s*=\s*(.+?)\s*$", text, re.MULTILINE)
        if assigned is None:
            raise UnresolvableError(f"{path}: `{expression}` is assigned nowhere")
        expression = assigned[1]
    if literal := _LITERAL.match(expression):
        return gem_form(literal["version"])
    if "VERSION'" in expression and expression.startswith("File.read("):
        return tree.text(f"{PurePosixPath(path).parent}/VERSION").strip()
    found = _CONSTANT.fullmatch(expression) or _SEARCHED.search(text)
    if found is None:
        raise UnresolvableError(f"{path}: `{expression}` is no known way to state a version")
    wanted = next(filter(None, found.groups()))
    defined = constant(tree, wanted, candidates(path, name, text))
    if not defined:
        raise UnresolvableError(f"{path}: none of the files where it would look defines `{wanted}`")
    return defined


def interpolated(text: str, name: str) -> str:
    """The text of a gemspec with the gem's name where the code inserts it."""
    for code, value in (("name.tr('-', '/')", name.replace("-", "/")), ("name.upcase", name.upper()), ("name", name)):
        text = text.replace(f"#{{{code}}}", value)
    return text.replace("#{dir}", "")


def gem_form(version: str) -> str:
    """A version as `Gem::Version#to_s` spells it."""
    return version.replace("-", ".pre.")


def candidates(path: str, name: str, text: str) -> Iterable[str]:
    """Where the version of a gem may be defined, the files that its gemspec mentions first."""
    folder, feature = PurePosixPath(path).parent, name.replace("-", "/")
    mentioned = [found["file"] or f"{found['feature']}.rb" for found in _MENTIONED.finditer(text)]
    usual = [f"{feature}/version.rb", f"{feature}.rb", "version.rb", f"{folder.name}.c", f"{feature}.c"]
    for file in (*mentioned, *usual):
        plain = file.removeprefix("../")
        yield from (f"{folder}/{plain}", f"{folder}/lib/{plain}", f"lib/{plain}", plain)


def constant(tree: Tree, name: str, files: Iterable[str]) -> str:
    """The value of a Ruby constant or C macro in the first of `files` that defines it; empty where none does."""
    definition = re.compile(rf"""(?<![\w:]){re.escape(name)}\s*=?\s*{_LITERAL.pattern}""")
    for file in files:
        text = tree.text(file)
        if found := definition.search(text):
            return gem_form(found["version"])
        # lib/uri/version.rb derived `VERSION = '0.10.0'` from `VERSION_CODE = '001000'`.
        if code := re.search(rf"{re.escape(name)}_CODE\s*=\s*'((?:\d\d)+)'", text):
            return ".".join(str(int(pair)) for pair in re.findall(r"\d\d", code[1]))
    return ""


def bundled_gems(tree: Tree) -> dict[str, str]:
    """The bundled gems and their versions."""
    return {line["name"]: line["version"] for line in _BUNDLED.finditer(tree.text("gems/bundled_gems"))}


def rubygems(tree: Tree) -> str:
    """The version of RubyGems. Raises UnresolvableError where its source does not state one."""
    if version := constant(tree, "VERSION", ["lib/rubygems.rb"]):
        return version
    raise UnresolvableError("lib/rubygems.rb defines no `VERSION`")
