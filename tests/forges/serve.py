"""A forge to try `gemaudit org` on by hand.

PYTHONPATH=tests python -m forges.serve 8080 --repositories 200 --faults 7
GH_ENTERPRISE_TOKEN=ghp_good gemaudit org acme --api-url http://127.0.0.1:8080
"""

import argparse
import sys
import time
from collections.abc import Sequence

from forges.faults import Drawn
from forges.github_server import GitHub
from forges.kinds import DEEP
from forges.world import World


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted, and say every few seconds what was asked."""
    parser = argparse.ArgumentParser(
        prog="forges.serve", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("port", type=int, nargs="?", default=0, help="0 takes any that is free")
    parser.add_argument("--repositories", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="another number is another organisation")
    parser.add_argument("--faults", type=int, metavar="SEED", help="let one request in twenty go wrong")
    parser.add_argument("--token", default="ghp_good", help="the token that is good; an empty one lets everybody in")
    parser.add_argument("--limit", type=int, default=5000, metavar="N", help="requests and points of an hour")
    given = parser.parse_args(arguments)
    tokens = (given.token,) if given.token else ()
    limits = {"core": given.limit, "graphql": given.limit}
    github = GitHub(World(given.repositories, given.seed), tokens=tokens, limits=limits, tree_limit=DEEP)
    if given.faults is not None:
        github.faults.drawn = Drawn(given.faults)
    with github.running(given.port):
        _say(f"{len(github.world)} repositories of {github.world.owner} at {github.url}")
        _report(github)


def _report(github: GitHub) -> None:
    said = ""
    try:
        while True:
            time.sleep(2)
            now = ", ".join(f"{count} {name}" for name, count in sorted(github.counts.items()))
            if now != said:
                _say(f"{now}; {github.most_at_once} at once; {sum(github.faults.happened.values())} faults")
                said = now
    except KeyboardInterrupt:
        _say("")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
