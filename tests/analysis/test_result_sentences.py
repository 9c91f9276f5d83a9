"""What numbers mean, said rightly in both languages."""

import pytest

from mapping.analysis.evaluation import Catch
from mapping.analysis.result_sentences import catch_sentence, rounded_catch_sentence, street_sentence
from mapping.analysis.sentences import hotspot_texts


def caught(pai: float, hit_rate: float = 0.4) -> Catch:
    return Catch(10, hit_rate, hit_rate / pai if pai else 0.0, pai, 0.4, 0.7)


@pytest.mark.parametrize(
    ("pai", "words"), [(12.34, "у 12,3 раза більше"), (2.0, "у 2 рази більше"), (21.0, "у 21 раз більше")]
)
def test_times_in_ukrainian(pai: float, words: str) -> None:
    assert words in catch_sentence(caught(pai), "uk")


def test_rounded_catch_moves_with_no_single_mark() -> None:
    told = {rounded_catch_sentence(caught(pai, hit), "en", 5) for pai, hit in ((20.4, 0.389), (21.3, 0.412))}
    assert len(told) == 1
    assert "caught 40 %" in told.pop()
    assert "у 20 разів" in rounded_catch_sentence(caught(20.4), "uk", 5)
    assert "nothing to check" in rounded_catch_sentence(caught(0.0), "en", 5)


@pytest.mark.parametrize(("marks", "words"), [(1, "1 mark on"), (2, "2 marks on")])
def test_one_mark_is_one(marks: int, words: str) -> None:
    assert words in street_sentence("Main Street", marks, 100.0, 0.5, 0.2, "en")


def test_how_rare_is_told_by_what_was_asked_for() -> None:
    hotspot = {"street_names": ["A", "B"], "reporters": 9, "reports": 9, "badge": "maybe", "rank": 1, "total": 1,
               "top": 3, "p_top": 1.0, "tier": 1, "tier_size": 1, "rank_without": {}, "reasons": [],
               "sure_q": 0.01}  # fmt: skip
    assert "once in 10 tries" in " ".join(hotspot_texts({**hotspot, "max_q": 0.1}, "en")["words"])
    assert "once in 20 tries" in " ".join(hotspot_texts({**hotspot, "max_q": 0.05}, "en")["words"])
    few = hotspot_texts({**hotspot, "badge": "few", "max_q": 0.05, "total": 9, "is_rounded": True}, "uk")
    assert few["words"] == ["Щонайменше 9 людей позначили це місце.", "Ще не можна сказати, що це не випадково."]
    assert few["name"] == "A — B"
