"""What asking a forge may cost."""

from msgspec import Struct

_MIB = 1024 * 1024


class Limits(Struct, frozen=True, kw_only=True):
    """How long to wait, how much to read, how often to try and how much at once; times in seconds, sizes in bytes.

    GitHub ends what takes it longer than 10 seconds, and allows 100 requests at once but recommends one after the
    other (docs.github.com, "Rate limits for the REST API" and "Best practices for using the REST API").
    """

    silence: float = 30.0  # without any byte
    answer: float = 120.0  # for one answer as a whole, so that a byte now and then does not keep us
    body: int = 32 * _MIB  # after decompression; a tree of GitHub has 7 MB, a file that is read 1 MiB
    redirects: int = 5
    attempts: int = 6
    first_wait: float = 1.0  # before the second attempt; doubled before each further one
    longest_backoff: float = 30.0
    jitter: float = 1.0  # added at random to each wait
    longest_wait: float = 3600.0  # for the forge's limit; GitHub's is whole again after an hour
    refusals: int = 10  # of one question, for the forge's limit
    at_once: int = 8
    most_requests: int | None = None
