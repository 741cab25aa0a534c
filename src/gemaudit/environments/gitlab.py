"""GitLab CI: every job whose image has a Ruby is an environment, once for each Ruby of its matrix.

The keys are those of GitLab's CI/CD YAML reference (docs.gitlab.com/ci/yaml): `image` of a job, of `default`
or at the top, `variables`, `extends` within the file, `parallel: matrix`.
Variables that the file does not define are not known;
`include` and `!reference` are not followed.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product

from gemaudit.environments.containers import Value, switched, values
from gemaudit.environments.dockerfile_syntax import expand
from gemaudit.environments.images import parse_image
from gemaudit.environments.observation import Evidence, Observation, Place, excerpt
from gemaudit.environments.switches import with_sanitizers
from gemaudit.environments.yaml_nodes import Node, YamlError, parse_yaml, text_of, unreadable
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact

NAME = "gitlab"

_RESERVED = frozenset(
    {"default", "include", "stages", "variables", "workflow", "image", "services", "cache", "before_script"}
)
_RESERVED |= {"after_script", "spec", "pages:deploy"}
_MOST_JOBS = 200
_MOST_VARIANTS = 64
_MOST_PLACES = 512
_MOST_AXES = 16
_DEEPEST_EXTENDS = 11  # as in GitLab
_LONGEST_WORD = 60
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<name>[A-Za-z_]\w*))")


def observe(document: Document) -> Observation:
    """The places that the jobs are; jobs that no line tells apart are one, called after the first."""
    evidence = Evidence(document, NAME)
    try:
        root = parse_yaml(evidence.lines)
    except YamlError as error:
        hint = "check it with `glab ci lint`"
        return Observation(diagnostics=(unreadable(evidence, error, "pipeline", hint),))
    if root is None:
        return Observation()
    found: dict[tuple[Fact, ...], Place] = {}
    for place in islice(_places(evidence, root, document.path.rpartition("/")[0]), _MOST_PLACES):
        found.setdefault(place.facts, place)
    return Observation(places=tuple(found.values()))


def _places(evidence: Evidence, root: Node, folder: str) -> Iterator[Place]:
    top = root.merged
    default = top.get("default")
    inherited = (default.merged.get("image") if default else None) or top.get("image")
    shared = values(top.get("variables"))
    jobs = [(name, node) for name, node in top.items() if name not in _RESERVED and name[:1] != "."]
    for name, node in islice(jobs, _MOST_JOBS):
        job = _extended(node, top)
        image = job.get("image") or inherited
        if image is None or node.kind != "map":
            continue
        reference = image.merged.get("name") if image.kind == "map" else image
        own = {**shared, **values(job.get("variables"))}
        for combination in _combinations(job.get("parallel")):
            known = {**own, **combination}
            if facts := _facts(evidence, reference, known):
                used = [value.text for key, value in combination.items() if _is_used(key, reference, own)]
                title = f"gitlab/{excerpt(name)[:_LONGEST_WORD]}"
                yield Place(id=f"{title} ({', '.join(used)})" if used else title, facts=facts, folder=folder)


def _extended(node: Node, top: Mapping[str, Node]) -> dict[str, Node]:
    """The keys of a job with those of the jobs it extends; the last one named counts first."""
    found: dict[str, Node] = {}
    pending = [node]
    for _ in range(_DEEPEST_EXTENDS):
        if not pending:
            break
        current = pending.pop(0)
        for key, value in current.merged.items():
            found.setdefault(key, value)
        extends = current.merged.get("extends")
        names = [text_of(item) for item in (extends.items or [extends])] if extends else []
        pending[:0] = [top[name] for name in reversed(names[:_DEEPEST_EXTENDS]) if name in top]
    return found


def _combinations(parallel: Node | None) -> list[dict[str, Value]]:
    """The variables of each job of a matrix, within bounds; one without variables where there is no matrix."""
    matrix = parallel.merged.get("matrix") if parallel else None
    found: list[dict[str, Value]] = []
    for entry in (matrix.items if matrix else [])[:_MOST_VARIANTS]:
        axes = {
            name: [Value(text_of(item), item.line) for item in (value.items or [value])]
            for name, value in islice(entry.merged.items(), _MOST_AXES)
        }
        combined = islice(product(*axes.values()), _MOST_VARIANTS - len(found))
        found += [dict(zip(axes, one, strict=True)) for one in combined]
    return found or [{}]


def _facts(evidence: Evidence, reference: Node | None, variables: Mapping[str, Value]) -> tuple[Fact, ...]:
    """What the image of a job says; nothing where it has no Ruby."""
    if reference is None:
        return ()
    text, line = _resolved(reference, variables)
    image = parse_image(text)
    if not image.has_ruby:
        return ()
    return with_sanitizers(evidence.facts(image.traits, line), switched(evidence, variables))


def _resolved(reference: Node, variables: Mapping[str, Value]) -> tuple[str, int]:
    """The image with its variables replaced, and the line that decides: that of the variable which names a version."""
    text = text_of(reference)[:500]
    texts = {name: expand(value.text, {}).text for name, value in variables.items()}
    used = [name for found in _VARIABLE.finditer(text) if (name := found["braced"] or found["name"]) in texts]
    lines = [variables[name].line for name in used if any(map(str.isdigit, texts[name]))]
    return expand(text, texts).text, lines[0] if lines else reference.line


def _is_used(name: str, reference: Node | None, variables: Mapping[str, Value]) -> bool:
    """Whether the image depends on a variable, by itself or through another one."""
    texts = [text_of(reference), *(value.text for value in variables.values())]
    return any(name in (found["braced"], found["name"]) for text in texts for found in _VARIABLE.finditer(text))
