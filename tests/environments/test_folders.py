import pytest

from gemaudit.environments.combine import encloses


@pytest.mark.parametrize(
    ("folder", "other", "answer"),
    [
        ("", "", True),
        ("", "app", True),
        ("", "..", False),
        ("app", "app", True),
        ("app", "app/web", True),
        ("app", "apple", False),
        ("app", "", False),
        ("..", "", True),
        ("..", "app", True),
        ("..", "..", True),
        ("..", "../..", False),
        ("../..", "..", True),
        ("../..", "../app", True),
        ("../lib", "", False),
        ("../lib", "../lib/x", True),
        ("/srv", "/srv/app", True),
    ],
)
def test_a_folder_holds_what_lies_in_it(folder: str, other: str, answer: bool) -> None:
    assert encloses(folder, other) is answer
