"""Places that build a Dockerfile: what they run is what the Dockerfile says, built as they ask for."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from gemaudit.environments.facts import merge
from gemaudit.environments.observation import Build, Observation, Place
from gemaudit.model.document import Document
from gemaudit.model.environment import Fact


def with_built(observations: Sequence[Observation], documents: Iterable[Document]) -> list[Observation]:
    """The observations where every place that builds a Dockerfile has the facts of the image, too.

    A place that is where the image runs takes the place of the Dockerfile itself. Any other that differs in nothing
    from the Dockerfile, or from a place before it, is no environment of its own, and neither is one whose Dockerfile
    is not among the documents or has no Ruby.
    """
    if not any(place.build for item in observations for place in item.places):
        return list(observations)
    builder = _Builder(documents)
    built = [replace(item, places=tuple(builder.places(item.places))) for item in observations]
    return [
        replace(item, places=tuple(place for place in item.places if place.dockerfile not in builder.replaced))
        for item in built
    ]


class _Builder:
    """Builds places; `replaced` are the Dockerfiles that another place stands for."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.replaced: set[str] = set()
        self._files = {document.path: document for document in documents}
        self._seen: set[tuple[Fact, ...]] = set()

    def places(self, places: Iterable[Place]) -> list[Place]:
        """The places that are left, with their facts."""
        return [one for place in places for one in (self._built(place, place.build) if place.build else [place])]

    def _built(self, place: Place, build: Build) -> list[Place]:
        from gemaudit.environments import dockerfile  # noqa: PLC0415 - few projects have a place that builds one

        document = self._files.get(build.dockerfile)
        image = dockerfile.read(document, build).places if document else ()
        if document is None or not image or (build.replaces and build.dockerfile in self.replaced):
            return []
        facts = merge([place.facts, image[0].facts])
        if build.replaces:
            self.replaced.add(build.dockerfile)
        elif facts in self._seen or facts in [merge([own.facts]) for own in dockerfile.observe(document).places]:
            return []
        self._seen.add(facts)
        return [replace(place, facts=facts, build=None)]
