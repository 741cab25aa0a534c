"""The intervals of findings, against a model of plain Python."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace
from scan_samples import HOST, SOURCE, held, no_end, repository, scan, settled

from gemaudit.adapters.scans.intervals import Row, difference, identity
from gemaudit.adapters.scans.store import Scans
from gemaudit.model.advisory import SEVERITIES
from gemaudit.model.survey import Held, Outcome

_HELD = st.builds(
    held,
    st.sampled_from(["A", "B", "C"]),
    status=st.sampled_from(["affected", "under_investigation"]),
    is_suppressed=st.booleans(),
    version=st.sampled_from(["1", "2"]),
    severity=st.sampled_from(SEVERITIES),
)


class Act(Struct, frozen=True):
    """What happens to a repository in a scan."""

    name: str
    kind: Outcome | str
    held: tuple[Held, ...] = ()


_ACT = st.builds(
    Act,
    st.sampled_from(["web", "api"]),
    st.sampled_from(["audited", "audited", "audited", "nothing", "failed", "confirmed", "gone"]),
    st.lists(_HELD, max_size=4, unique_by=identity).map(tuple),
)
_NIGHTS = st.lists(st.lists(_ACT, max_size=4), min_size=1, max_size=6)


class Model:
    """What each repository holds, with the scan that saw it first; the last result of a scan counts."""

    def __init__(self) -> None:
        self.now: dict[str, dict[Held, str]] = {}
        self.trend: list[tuple[Counter[str], int]] = []
        self.before: dict[str, dict[Held, str]] = {}

    def begin(self) -> None:
        self.before = {name: dict(found) for name, found in self.now.items()}

    def audit(self, name: str, found: Sequence[Held], started: str) -> None:
        since = {identity(one): when for one, when in self.before.get(name, {}).items()}
        self.now[name] = {one: since.get(identity(one), started) for one in found}

    def end(self) -> None:
        every = [one for found in self.now.values() for one in found if not one.is_suppressed]
        affected = Counter(one.severity for one in every if one.status == "affected")
        self.trend.append((Counter(affected), sum(one.status != "affected" for one in every)))

    def news(self) -> Counter[tuple[str, str, object]]:
        found: Counter[tuple[str, str, object]] = Counter()
        for name in self.now:
            old = {identity(one) for one in self.before.get(name, {}) if not one.is_suppressed}
            new = {identity(one) for one in self.now[name] if not one.is_suppressed}
            hidden = {identity(one)[:4] for one in self.now[name] if one.is_suppressed}
            found.update(("new", name, one) for one in new - old)
            found.update(("fixed", name, one) for one in old - new if one[:4] not in hidden)
        return found


@given(_NIGHTS)
def test_random_histories(nights: list[list[Act]]) -> None:
    model = Model()
    alive: set[str] = set()
    with tempfile.TemporaryDirectory() as folder, Scans.open(Path(folder) / "scans.sqlite") as scans:
        for day, acts in enumerate(nights, 1):
            begun = scans.begin(scan(day))
            model.begin()
            touched = set()
            for act in acts:
                touched |= _carry_out(scans, begun, act, model, alive)
            # What nobody touches is as it was, so that every scan is about everything.
            scans.confirm(begun, [repository(name) for name in sorted(alive - touched)], SOURCE)
            scans.finish(begun, requests=0, problems=(), finished=begun.started)
            model.end()
            _compare(scans, begun, model, alive)
        points = scans.trend()
    # The severity of a finding is that of today, in the past as well: only sums can be compared.
    assert [(sum(one.affected.values()), one.undecided) for one in points] == [
        (affected.total(), undecided) for affected, undecided in model.trend
    ]


def _carry_out(scans: Scans, begun: object, act: Act, model: Model, alive: set[str]) -> set[str]:
    if act.kind == "gone":
        listed = {f"{HOST}/{name}" for name in alive - {act.name}}
        scans.gone(begun, SOURCE, listed)  # type: ignore[arg-type]
        alive.discard(act.name)
        model.now.pop(act.name, None) if act.name not in model.before else model.now.update({act.name: {}})
    elif act.kind == "confirmed":
        if act.name in alive:
            scans.confirm(begun, [repository(act.name)], SOURCE)  # type: ignore[arg-type]
    else:
        found = act.held if act.kind == "audited" else ()
        scans.settle(begun, settled(act.name, *found, outcome=act.kind))  # type: ignore[arg-type]
        alive.add(act.name)
        if act.kind != "failed":
            model.audit(act.name, found, begun.started)  # type: ignore[attr-defined]
    return {act.name}


def _compare(scans: Scans, begun: object, model: Model, alive: set[str]) -> None:
    for name in ("web", "api"):
        result = scans.last(f"{HOST}/{name}")
        assert (result is not None) == (name in alive)
        expected = {replace(one, since=since) for one, since in model.now.get(name, {}).items()}
        assert set(result.held if result else ()) == expected
    survey = scans.survey(begun, no_end)  # type: ignore[arg-type]
    if survey.previous:
        told = Counter((one.news, one.repository.removeprefix("acme/"), identity(one.held)) for one in survey.changes)
        assert told == model.news()
    affected, undecided = model.trend[-1]
    assert (survey.counts.affected, survey.counts.undecided) == ({k: v for k, v in affected.items() if v}, undecided)
    assert (survey.trend[-1].affected, survey.trend[-1].undecided) == (survey.counts.affected, undecided)
    changed = {one.repository.name for one in scans.results(begun, changed=True)}  # type: ignore[arg-type]
    assert changed == {one.repository for one in survey.changes if one.repository.removeprefix("acme/") in alive}


@given(st.lists(_HELD, max_size=6), st.lists(_HELD, max_size=6))
def test_a_difference_leads_from_one_to_the_other(old: list[Held], new: list[Held]) -> None:
    rows = [Row(number, one, 1, None) for number, one in enumerate(old)]
    what = difference(rows, new, 2)
    kept = {row.id: row.held for row in rows if row.id not in {*what.closed, *what.dropped}}
    kept.update(what.changed)
    assert Counter([*kept.values(), *what.opened]) == Counter(new)
    assert what.dropped == ()
    assert not {identity(one) for one in what.opened} & {identity(old[number]) for number in what.closed}


@given(st.lists(_HELD, max_size=5), st.lists(_HELD, max_size=5))
def test_what_comes_and_goes_within_a_scan_leaves_no_trace(old: list[Held], new: list[Held]) -> None:
    rows = [Row(number, one, 1, None) for number, one in enumerate(old)]
    first = difference(rows, new, 2)
    changed = dict(first.changed)
    after = [
        *(Row(row.id, changed.get(row.id, row.held), 1, 2 if row.id in first.closed else None) for row in rows),
        *(Row(100 + number, one, 2, None) for number, one in enumerate(first.opened)),
    ]
    back = difference(after, old, 2)
    assert (back.opened, back.closed) == ((), ())
    assert set(back.dropped) == {100 + number for number in range(len(first.opened))}
