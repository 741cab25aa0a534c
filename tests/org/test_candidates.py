import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemaudit.environments.sources import PATTERNS, SOURCES, is_source, project_folder
from gemaudit.model.repository import Entry, Tree
from gemaudit.org.candidates import Candidates, candidates, links, may_matter, reason_for_nothing


def tree(*paths: str, **kinds: tuple[str, ...]) -> Tree:
    others = [Entry(path=path, oid=f"oid of {path}", kind=kind) for kind, them in kinds.items() for path in them]  # type: ignore[arg-type]
    return Tree(entries=(*(Entry(path=path, oid=f"oid of {path}") for path in paths), *others))


def codes(found: Candidates) -> list[str]:
    return [problem.code for problem in found.problems]


def test_each_lockfile_has_the_documents_nearest_to_it() -> None:
    found = candidates(tree("Gemfile.lock", "Dockerfile", "a/gems.locked", "a/Dockerfile", ".ruby-version"), {})

    assert {one.lockfile: one.documents for one in found.around} == {
        "Gemfile.lock": (".ruby-version", "Dockerfile"),
        "a/gems.locked": ("a/Dockerfile", ".ruby-version"),
    }


def test_without_a_lockfile_nothing_is_read() -> None:
    found = candidates(tree("Dockerfile", ".gemaudit.toml"), {})
    assert (found.around, found.paths) == ((), ())
    assert "no lockfile" in reason_for_nothing(found).message


def test_a_gemfile_without_a_lockfile_is_told_apart() -> None:
    reason = reason_for_nothing(candidates(tree("engines/a/Gemfile"), {}))
    assert (reason.path, reason.hint) == ("engines/a/Gemfile", "commit the lockfile that `bundle lock` writes")


def test_only_the_settings_of_the_root_are_read() -> None:
    assert ".gemaudit.toml" in candidates(tree("Gemfile.lock", ".gemaudit.toml"), {}).paths
    assert candidates(tree("a/Gemfile.lock", "a/.gemaudit.toml"), {}).paths == ("a/Gemfile.lock",)


def test_lockfiles_of_other_people_are_counted_and_not_read() -> None:
    found = tree("vendor/bundle/x/Gemfile.lock", "node_modules/y/Gemfile.lock", "vendor.d/Gemfile.lock")
    assert [one.lockfile for one in candidates(found, {}).around] == ["vendor.d/Gemfile.lock"]
    assert "2" in candidates(found, {}).problems[0].message


def test_submodules_and_unlisted_folders_are_told() -> None:
    assert codes(candidates(tree("Gemfile.lock", submodule=("themes/x",)), {})) == ["submodule"]
    unread = Tree(entries=(), unread=(("apps", "it has too many entries"),))
    (problem,) = candidates(unread, {}).problems
    assert (problem.code, problem.level, problem.path) == ("unlisted-folder", "error", "apps")


class TestLinks:
    def test_a_link_to_a_lockfile_is_that_lockfile_under_its_own_path(self) -> None:
        given_ = tree("Gemfile.lock", link=("api/Gemfile.lock",))
        found = candidates(given_, {"api/Gemfile.lock": "../Gemfile.lock"})

        assert [one.lockfile for one in found.around] == ["Gemfile.lock", "api/Gemfile.lock"]
        assert found.files["api/Gemfile.lock"].oid == "oid of Gemfile.lock"

    @pytest.mark.parametrize("target", ["../../Gemfile.lock", "/etc/passwd", "nowhere", "", "Gemfile.lock", ".."])
    def test_one_that_leads_to_no_file_is_a_problem(self, target: str) -> None:
        found = candidates(tree(link=("api/Gemfile.lock",)), {"api/Gemfile.lock": target})
        assert codes(found) == ["unreadable-file"]

    def test_a_circle_ends(self) -> None:
        found = tree(link=("a/Gemfile.lock", "b/Gemfile.lock"))
        targets = {"a/Gemfile.lock": "../b/Gemfile.lock", "b/Gemfile.lock": "../a/Gemfile.lock"}
        assert codes(candidates(found, targets)) == ["unreadable-file"] * 2

    def test_only_links_that_may_matter_are_followed(self) -> None:
        assert [one.path for one in links(tree(link=("Gemfile.lock", "README.md")))] == ["Gemfile.lock"]
        assert links(tree(link=("../Gemfile.lock", "a//Gemfile.lock"))) == ()

    def test_so_many_are_followed_and_no_more(self) -> None:
        many = tree(link=tuple(f"{number}/Gemfile.lock" for number in range(1100)))
        assert len(links(many)) == 1000
        assert codes(candidates(many, {}))[-1] == "too-many-links"


def test_paths_that_git_does_not_allow_are_left_alone() -> None:
    assert candidates(tree("../Gemfile.lock", "/Gemfile.lock", "a//Gemfile.lock"), {}).around == ()


def test_so_many_folders_that_could_not_be_listed_are_named_and_no_more() -> None:
    unread = Tree(unread=tuple((str(number), "it has too many entries") for number in range(5000)))
    assert len(candidates(unread, {}).problems) == 100


def test_so_many_lockfiles_are_read_and_no_more() -> None:
    found = candidates(tree(*(f"{number}/Gemfile.lock" for number in range(600))), {})
    assert (len(found.around), [one.code for one in found.problems]) == (500, ["too-many-lockfiles"])


PARTS = st.sampled_from(
    sorted(
        {part for pattern in PATTERNS for part in pattern.split("/")} | {"a", "Gemfile.lock", "x.rb", "Dockerfile.x"}
    )
)


@given(st.lists(PARTS, min_size=1, max_size=5).map(lambda parts: "/".join(parts).replace("*", "a")))
def test_the_cheap_question_has_the_answer_of_the_sources(path: str) -> None:
    assert is_source(path) == any(project_folder(path, source) is not None for source in SOURCES)


@given(st.lists(st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: "/".join(parts).replace("*", "a"))))
def test_what_is_read_may_matter(paths: list[str]) -> None:
    found = candidates(tree(*paths), {})
    assert all(map(may_matter, found.paths))
    assert set(found.paths) <= set(paths)
