"""What the labels of a GitHub runner say about its system.

The images are those of actions/runner-images: Ubuntu on glibc, x86_64 unless the label says `arm`;
macOS on arm64 from version 14 on, save the `-large` and `-intel` ones.
"""

import re
from collections.abc import Sequence

from gemaudit.environments.observation import Trait

_HOSTED = re.compile(
    r"(?P<system>ubuntu|macos|windows)-(?P<version>latest|slim|[0-9][0-9.]*)(?P<rest>(?:-[a-z0-9-]+)?)"
)
_FIRST_ARM_MACOS = 14
_SYSTEMS = {"linux": "linux", "macos": "darwin", "windows": "windows"}
_CPUS = {"x64": "x86_64", "arm64": "arm64", "arm": "arm"}


def runner_traits(labels: Sequence[str]) -> tuple[Trait, ...]:
    """The operating system, the CPU and the libc as far as the labels tell; a self-hosted Linux may have any libc."""
    words = [label.lower() for label in labels]
    for word in words:
        if found := _HOSTED.fullmatch(word):
            return _hosted(found["system"], found["version"], found["rest"])
    if "self-hosted" not in words:
        return ()
    system = next((_SYSTEMS[word] for word in words if word in _SYSTEMS), None)
    cpu = next((_CPUS[word] for word in words if word in _CPUS), None)
    return (*((Trait("os", system),) if system else ()), *((Trait("cpu", cpu),) if cpu else ()))


def _hosted(system: str, version: str, rest: str) -> tuple[Trait, ...]:
    if system == "macos":
        number = version.partition(".")[0]
        is_intel = rest in {"-large", "-intel"} or (number.isdigit() and int(number[:3]) < _FIRST_ARM_MACOS)
        is_arm = not is_intel or rest == "-xlarge"
        return (Trait("os", "darwin"), Trait("cpu", "arm64" if is_arm else "x86_64"))
    cpu = Trait("cpu", "arm64" if rest.startswith("-arm") else "x86_64")
    if system == "windows":
        return (Trait("os", "windows"), cpu)
    return (Trait("os", "linux"), cpu, Trait("libc", "gnu"))
