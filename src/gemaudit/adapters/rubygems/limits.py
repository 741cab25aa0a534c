"""What asking a gem server may cost."""

from msgspec import Struct

_MIB = 1024 * 1024


class Limits(Struct, frozen=True, kw_only=True):
    """How long to wait, how much to read and how often to try; times are in seconds, sizes in bytes.

    `fresh` is how long an answer is used without asking again. Five minutes let the runs over the lockfiles of one
    repository, or one plan and the next, share theirs; the worst that can come of it is that a release of the last
    five minutes is not offered yet.
    """

    silence: float = 10.0  # without any byte; Bundler's `timeout`
    answer: float = 60.0  # for one answer as a whole, so that a byte now and then does not keep us
    body: int = 16 * _MIB  # after decompression
    redirects: int = 5  # Bundler's `redirect`
    attempts: int = 4  # the first one and Bundler's `retry`
    first_wait: float = 0.2  # before the second attempt; doubled before each further one
    longest_wait: float = 20.0  # a server that asks for more (`Retry-After`) is not waited for
    jitter: float = 1.0  # added at random to each wait
    fresh: float = 300.0
