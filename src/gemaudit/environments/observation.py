"""What one file says about where the bundle runs."""

from collections.abc import Iterable

from msgspec import Struct

from gemaudit.model.diagnostic import Diagnostic, Level
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact, FactName

#: Longer lines are cut in evidence and messages.
_LONGEST_TEXT = 120


class Trait(Struct, frozen=True):
    """What a name such as `jruby-9.4.7.0` or an image tag says, before anyone knows where it was written."""

    name: FactName
    value: str
    exact: bool = True


class Build(Struct, frozen=True, kw_only=True):
    """A Dockerfile that a place builds, and what it passes to it.

    `arguments` are names, values and lines of `document`, which asks for the build.
    `variables` are the environment variables that the place sets itself; `has_command` is true where it runs
    a command of its own.
    `replaces` is true of a place that is where the image runs; otherwise it is another one, if it differs at all.
    """

    document: Document
    source: str
    dockerfile: str
    arguments: tuple[tuple[str, str, int], ...] = ()
    target: str = ""
    variables: tuple[str, ...] = ()
    has_command: bool = False
    replaces: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """An environment of its own, as one file states it.

    `folder` is where its project lies: a place in another folder than the lockfile's runs another bundle.
    `reads` names the sources that the place itself asks for the Ruby version, in its order; empty asks all of them.
    `is_settled` means that the interpreter is chosen by something that cannot be read here,
    so that no other file may fill it in.
    `is_contestable` means that the project's other files speak about this very place,
    so that a different Ruby version there is worth a notice.
    `is_deployment` means that the application is deployed there, so that it is used as its configuration says.
    `is_image` means that an image says which command runs there.
    `build` is what the rest of its facts come from; `dockerfile` is the path of the Dockerfile that a place is.
    """

    id: str
    facts: tuple[Fact, ...] = ()
    folder: str = ""
    reads: tuple[str, ...] = ()
    is_settled: bool = False
    is_contestable: bool = False
    is_deployment: bool = False
    is_image: bool = False
    build: Build | None = None
    dockerfile: str = ""


class Usage(Struct, frozen=True, kw_only=True):
    """How the deployed application uses Ruby.

    It holds where CRuby's version surely satisfies `ruby`, where the bundle locks `gem`,
    and where no file withdraws `key`; an empty one asks nothing. One that `is_process` comes from a list of processes,
    which images do not run.
    """

    facts: tuple[Fact, ...]
    ruby: str = ""
    gem: str = ""
    key: str = ""
    is_process: bool = False


class Observation(Struct, frozen=True, kw_only=True):
    """Everything one file says: its places, its facts about the whole project, and what is wrong with it.

    `usages` are about every deployment of the project; `withdrawn` are the keys of those that this file decides anew.
    """

    places: tuple[Place, ...] = ()
    facts: tuple[Fact, ...] = ()
    usages: tuple[Usage, ...] = ()
    withdrawn: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends; line N of an editor is item N - 1.

    A carriage return ends a line whether or not a line feed follows; nothing else that Unicode calls a break does.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def excerpt(line: str) -> str:
    """A line as evidence quotes it: trimmed, cut, and without control or bidirectional-override characters."""
    return (line if line.isprintable() else _printable(line)).strip()[:_LONGEST_TEXT].rstrip()


def _printable(line: str) -> str:
    import re  # noqa: PLC0415 - hardly a line has such a character, and the pattern takes long to compile

    pattern = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
    return re.sub(pattern, " ", line)


class Evidence:
    """Makes facts and diagnostics that point into one document."""

    def __init__(self, document: Document, source: str) -> None:
        self.path = document.path
        self.source = source
        self.lines = lines_of(document.text)

    def text(self, line: int) -> str:
        """The quoted content of a 1-based line; empty where there is no such line."""
        return excerpt(self.lines[line - 1]) if 0 < line <= len(self.lines) else ""

    def facts(self, traits: Iterable[Trait], line: int) -> tuple[Fact, ...]:
        """The traits as facts that this line states."""
        return tuple(
            Fact(
                name=trait.name,
                value=trait.value,
                exact=trait.exact,
                path=self.path,
                line=line,
                text=self.text(line),
                source=self.source,
            )
            for trait in traits
        )

    def diagnostic(self, code: str, message: str, line: int, *, level: Level = "notice", hint: str = "") -> Diagnostic:
        """A statement about a line of this document."""
        return Diagnostic(
            code=code, message=message, path=self.path, level=level, line=line, text=self.text(line), hint=hint
        )
