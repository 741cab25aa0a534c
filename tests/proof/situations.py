"""Every situation written by hand."""

from situation import Situation
from situations_of_dependencies import DEPENDENCIES
from situations_of_dependents import DEPENDENTS
from situations_of_places import PLATFORMS, RUBIES, SOURCES
from situations_of_releases import GEMFILES, RELEASES

SITUATIONS: tuple[Situation, ...] = (
    *RELEASES,
    *GEMFILES,
    *DEPENDENTS,
    *DEPENDENCIES,
    *RUBIES,
    *PLATFORMS,
    *SOURCES,
)
