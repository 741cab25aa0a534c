"""Whether an environment compiles every gem, because Bundler is told to."""

import re

from gemaudit.hazards.hazard import Project
from gemaudit.model.environment import Environment
from gemaudit.model.finding import Answer

#: `ENV BUNDLE_FORCE_RUBY_PLATFORM=true`, `BUNDLE_FORCE_RUBY_PLATFORM: "true"`,
#: `bundle config set --local force_ruby_platform true`.
_SETTING = re.compile(r"""^[^#]*force_ruby_platform["']?[\s:=]+["']?(?:true|1)\b""", re.IGNORECASE)


def compiles_all(environment: Environment, project: Project) -> Answer | None:
    """The line that makes Bundler prefer source gems, in one of the files that describe the environment."""
    paths = {fact.path for fact in environment.facts}
    for document in sorted(project.documents, key=lambda document: document.path):
        if document.path not in paths or "force_ruby_platform" not in document.text.lower():
            continue
        for number, line in enumerate(document.text.splitlines(), 1):
            if _SETTING.match(line):
                return Answer(
                    name="install",
                    expected="precompiled",
                    actual="source",
                    answer="false",
                    path=document.path,
                    line=number,
                )
    return None
