"""The part of SARIF 2.1.0 that the report uses, in the words of the standard.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from typing import Any, Literal

from msgspec import Struct, field

Level = Literal["note", "warning", "error"]


class Shape(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An object of the standard; what is not said is left out."""


class Message(Shape, frozen=True, kw_only=True):
    """A text in which square brackets are links (3.11.6), or the same in Markdown, too."""

    text: str
    markdown: str = ""


class ArtifactLocation(Shape, frozen=True, kw_only=True):
    """A file; a relative address is one below the root of the repository."""

    uri: str


class Region(Shape, frozen=True, kw_only=True):
    """A part of one line; `end_column` is the column after the last one."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


class PhysicalLocation(Shape, frozen=True, kw_only=True):
    """A part of a file."""

    artifact_location: ArtifactLocation
    region: Region | None = None


class Location(Shape, frozen=True, kw_only=True):
    """A place, with an id that links in messages use."""

    physical_location: PhysicalLocation
    id: int | None = None
    message: Message | None = None


class Suppression(Shape, frozen=True, kw_only=True):
    """The decision that hides a result."""

    kind: Literal["external"]
    status: Literal["accepted"]
    justification: str
    location: Location | None = None


class Configuration(Shape, frozen=True, kw_only=True):
    """How results of a rule are shown where they say nothing else."""

    level: Level


class Rule(Shape, frozen=True, kw_only=True):
    """A reporting descriptor."""

    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    properties: dict[str, Any]


class Result(Shape, frozen=True, kw_only=True):
    """One finding."""

    rule_id: str
    rule_index: int
    level: Level
    message: Message
    locations: tuple[Location, ...]
    related_locations: tuple[Location, ...] = ()
    partial_fingerprints: dict[str, str]
    suppressions: tuple[Suppression, ...] = ()
    baseline_state: Literal["", "new", "unchanged"] = ""
    properties: dict[str, Any]


class Descriptor(Shape, frozen=True, kw_only=True):
    """What a notification is about."""

    id: str


class Notification(Shape, frozen=True, kw_only=True):
    """What the tool has to say about its run."""

    level: Level
    message: Message
    descriptor: Descriptor | None = None
    locations: tuple[Location, ...] = ()


class Invocation(Shape, frozen=True, kw_only=True):
    """How the run went."""

    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...] = ()


class Driver(Shape, frozen=True, kw_only=True):
    """The tool and its rules."""

    name: str
    version: str
    information_uri: str
    rules: tuple[Rule, ...]
    properties: dict[str, Any]


class Tool(Shape, frozen=True, kw_only=True):
    """What made the run."""

    driver: Driver


class AutomationDetails(Shape, frozen=True, kw_only=True):
    """The category of the run, ending in a slash."""

    id: str


class Run(Shape, frozen=True, kw_only=True):
    """The results of one category."""

    tool: Tool
    automation_details: AutomationDetails
    column_kind: Literal["unicodeCodePoints"]
    invocations: tuple[Invocation, ...]
    results: tuple[Result, ...]


class Log(Shape, frozen=True, kw_only=True):
    """A file."""

    schema: str = field(name="$schema")
    version: Literal["2.1.0"]
    runs: tuple[Run, ...]
