"""The vocabulary is whole: every text in both languages, every code once, tiers as agreed."""

import re
from collections.abc import Iterator

from mapping.languages import Text
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.layers.vocabulary import AFFECTED, SEVERITIES, WHEN, Tier

CONFIDENTIAL = {"gender_based_violence", "survivor_shelter", "displaced_people_support", "vulnerable_household"}


def texts() -> Iterator[Text]:
    for layer in LAYERS.values():
        yield from (layer.title, layer.short, layer.hint)
    for category in CATEGORIES.values():
        yield from (category.title, category.hint)
        if category.call_first is not None:
            yield category.call_first
        for question in category.questions:
            yield question.title
            yield from (words for _, words in question.answers)
    yield from (*SEVERITIES, *WHEN.values(), *AFFECTED.values())


def test_every_text_speaks_both_languages() -> None:
    for text in texts():
        assert not re.search("[а-яіїєґ]", text.get("en"), re.IGNORECASE)
        assert re.search("[а-яіїєґ]", text.get("uk"), re.IGNORECASE)


def test_layers_and_categories_are_those_of_the_design() -> None:
    assert list(LAYERS) == [
        "dangerous_places",
        "unlit_streets",
        "accessibility_barriers",
        "resources",
        "vulnerable_households",
    ]
    sizes = {code: sum(category.layer == code for category in CATEGORIES.values()) for code in LAYERS}
    assert sizes == {
        "dangerous_places": 13,
        "unlit_streets": 6,
        "accessibility_barriers": 10,
        "resources": 14,
        "vulnerable_households": 1,
    }


def test_tiers_follow_the_privacy_rules() -> None:
    for category in CATEGORIES.values():
        expected = Tier.T1 if category.layer == "dangerous_places" else Tier.T0
        assert category.tier == (Tier.T2 if category.code in CONFIDENTIAL else expected), category.code


def test_what_is_urgent_says_whom_to_call() -> None:
    assert CATEGORIES["explosive_object"].urgent
    assert CATEGORIES["explosive_object"].call_first is not None
    assert "{rescue}" in CATEGORIES["explosive_object"].call_first.get("uk")
    assert CATEGORIES["gender_based_violence"].call_first is not None
