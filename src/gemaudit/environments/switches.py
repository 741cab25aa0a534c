"""What environment variables say about how Ruby runs.

`RUBYOPT` takes the command line options of `ruby`, `RUBY_YJIT_ENABLE` and `RUBY_ZJIT_ENABLE` switch on
what they name (ruby.c, `process_options`), and so does `RUBY_MN_THREADS` (`ruby_mn_threads_params`).
Turning a compiler off there does not keep an application from enabling it while it runs,
so nothing states that there is none.
"""

from gemaudit.environments.observation import Trait

_TRUTHY = frozenset({"1", "true", "yes"})
_COMPILERS = {"RUBY_YJIT_ENABLE": "yjit", "RUBY_ZJIT_ENABLE": "zjit"}
_OPTIONS = {
    "--yjit": "yjit",
    "--enable=yjit": "yjit",
    "--enable-yjit": "yjit",
    "--zjit": "zjit",
    "--rjit": "rjit",
    "--mjit": "mjit",
}

#: The variables that `switch_traits` knows.
VARIABLES = ("RUBYOPT", "RUBY_YJIT_ENABLE", "RUBY_ZJIT_ENABLE", "RUBY_MN_THREADS")


def switch_traits(name: str, value: str) -> tuple[Trait, ...]:
    """What setting this variable to this value states, which is nothing for most of them."""
    if name == "RUBYOPT":
        words = (_OPTIONS.get(word.partition("=")[0]) or _OPTIONS.get(word) for word in value.split())
        return tuple(dict.fromkeys(Trait("jit", word) for word in words if word))
    if name in _COMPILERS and value in _TRUTHY:
        return (Trait("jit", _COMPILERS[name]),)
    if name == "RUBY_MN_THREADS" and value.strip() == "1":
        return (Trait("feature", "mn-threads"),)
    return ()
