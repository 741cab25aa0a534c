from gemaudit.environments.facts import merge
from gemaudit.model.environment import Fact


def feature(value: str) -> Fact:
    return Fact(name="feature", value=value)


def test_a_denied_feature_denies_what_cannot_be_used_without_it() -> None:
    assert merge([[feature("no-compaction")], [feature("auto-compaction")]]) == (feature("no-compaction"),)


def test_a_used_feature_brings_what_it_implies() -> None:
    assert {fact.value for fact in merge([[feature("auto-compaction")]])} == {"auto-compaction", "compaction"}
