"""What environment variables say about how Ruby runs.

`RUBYOPT` takes the command line options of `ruby` (ruby.c, `moreswitches`); `RUBY_YJIT_ENABLE` and `RUBY_MN_THREADS`
switch on what they name (yjit.rb and thread.c). Turning a compiler off there does not keep an application
from enabling it while it runs, so nothing states that there is none.
"""

from gemaudit.environments.observation import Trait

_TRUTHY = frozenset({"1", "true", "yes"})
_OPTIONS = {
    "--yjit": "yjit",
    "--enable=yjit": "yjit",
    "--enable-yjit": "yjit",
    "--zjit": "zjit",
    "--rjit": "rjit",
    "--mjit": "mjit",
}

#: The variables that `switch_traits` knows.
VARIABLES = ("RUBYOPT", "RUBY_YJIT_ENABLE", "RUBY_MN_THREADS")


def switch_traits(name: str, value: str) -> tuple[Trait, ...]:
    """What setting this variable to this value states, which is nothing for most of them."""
    if name == "RUBYOPT":
        words = (_OPTIONS.get(word.partition("=")[0]) or _OPTIONS.get(word) for word in value.split())
        return tuple(dict.fromkeys(Trait("jit", word) for word in words if word))
    if name == "RUBY_YJIT_ENABLE" and value.strip().lower() in _TRUTHY:
        return (Trait("jit", "yjit"),)
    if name == "RUBY_MN_THREADS" and value.strip() == "1":
        return (Trait("feature", "mn-threads"),)
    return ()
