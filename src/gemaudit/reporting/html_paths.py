"""How the affected packages get into the bundle, as a tree."""

from collections.abc import Iterable

from msgspec import Struct

from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.finding import PackageKind
from gemaudit.reporting.html_findings import Shown
from gemaudit.reporting.words import count, unique

#: A longer chain loses its middle: browsers and people give up on deeper nesting.
_LONGEST = 12

_ROOTS: dict[PackageKind, str] = {
    "gem": "Gemfile",
    "ruby": "the interpreter",
    "default-gem": "the interpreter",
    "tool": "the tools",
    "bundle": "the lockfile",
}


class Node(Struct, kw_only=True):
    """A package on the way to an affected one, or an affected one, which has `findings`."""

    name: str
    findings: tuple[Shown, ...] = ()
    children: tuple["Node", ...] = ()

    @property
    def worst(self) -> str:
        """The worst severity in it, empty where it has no finding."""
        return min((finding.severity for finding in self.findings), key=SEVERITIES.index, default="")

    @property
    def versions(self) -> str:
        """The affected versions."""
        return ", ".join(unique(finding.finding.package.version for finding in self.findings))


_Chain = tuple[str, ...]


def tree(findings: Iterable[Shown]) -> tuple[Node, ...]:
    """The chains from what names a package to the package, chains with the same beginning drawn as one."""
    ends: dict[_Chain, list[Shown]] = {}
    for finding in findings:
        for chain in _chains(finding):
            ends.setdefault(chain, []).append(finding)
    prefixes = {chain[:length] for chain in ends for length in range(1, len(chain) + 1)}
    below: dict[_Chain, list[Node]] = {}
    for chain in sorted(prefixes, key=lambda chain: (-len(chain), chain)):
        node = Node(name=chain[-1], findings=tuple(ends.get(chain, ())), children=tuple(below.pop(chain, ())))
        below.setdefault(chain[:-1], []).append(node)
    return tuple(below.get((), ()))


def _chains(finding: Shown) -> Iterable[_Chain]:
    package = finding.finding.package
    root = _ROOTS[package.kind]
    names = package.platforms if package.kind == "bundle" else (package.name,)
    return [(root, *_shortened(chain)) for chain in finding.chains or [(name,) for name in names]]


def _shortened(chain: _Chain) -> _Chain:
    if len(chain) <= _LONGEST:
        return chain
    half = _LONGEST // 2
    return (*chain[:half], f"{count(len(chain) - 2 * half, 'gem')} between", *chain[-half:])
