import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.model.repository import Repository
from gemaudit.org.selection import LeftOut, Selection, Shard


def repository(name: str = "acme/web", **fields: object) -> Repository:
    return Repository(id=f"github.com/{name}", name=name, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("selection", "left_out"),
    [
        (Selection(), ""),
        (Selection(include=("web*",)), ""),
        (Selection(include=("acme/web",)), ""),
        (Selection(include=("ACME/*",)), ""),
        (Selection(include=("api*",)), "not included"),
        (Selection(exclude=("*/web",)), "excluded"),
        (Selection(include=("web",), exclude=("w*",)), "excluded"),
        (Selection(topics=("ruby", "rails")), ""),
        (Selection(topics=("go",)), "without the topic"),
        (Selection(visibilities=("private",)), ""),
        (Selection(visibilities=("public", "internal")), "of another visibility"),
    ],
)
def test_what_a_selection_leaves_out(selection: Selection, left_out: str) -> None:
    assert selection.reason(repository(topics=("rails",), visibility="private")) == left_out


def test_archived_ones_are_left_out_unless_asked_for_and_forks_are_not() -> None:
    assert Selection().reason(repository(is_archived=True)) == "archived"
    assert Selection(archived=True).reason(repository(is_archived=True)) == ""
    assert Selection().reason(repository(is_fork=True)) == ""
    assert Selection(forks=False).reason(repository(is_fork=True)) == "forks"


def test_what_is_left_out_is_counted() -> None:
    left_out = LeftOut(Selection(exclude=("b*",)))
    kept = left_out.kept((repository("a/a"), repository("a/b"), repository("a/c", is_archived=True)))

    assert [one.name for one in kept] == ["a/a"]
    assert str(left_out) == "1 archived, 1 excluded"


@given(st.lists(st.text(min_size=1), unique=True), st.integers(1, 7))
def test_every_repository_is_in_exactly_one_shard(names: list[str], count: int) -> None:
    shards = [Shard(number, count) for number in range(1, count + 1)]

    for name in names:
        assert sum(shard.holds(repository(name)) for shard in shards) == 1


def test_the_shard_of_a_repository_survives_its_rename() -> None:
    before, after = (Repository(id="github.com/R_1", name=name) for name in ("a/a", "b/b"))
    assert [Shard(one, 3).holds(before) for one in (1, 2, 3)] == [Shard(one, 3).holds(after) for one in (1, 2, 3)]


def test_shards_are_about_the_same_size() -> None:
    repositories = [repository(str(number)) for number in range(3000)]
    sizes = [sum(Shard(number, 4).holds(one) for one in repositories) for number in (1, 2, 3, 4)]

    assert all(650 < size < 850 for size in sizes), sizes


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/0", "-1/2", "1/2/3", "\u00b2/3", "1/ 2"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match="no shard"):
        Shard.parse(text)


def test_a_shard_reads_as_it_is_written() -> None:
    assert str(Shard.parse("2/4")) == "2/4"
