"""What streets, trends, scans, coverage and held-out checks say, in plain words of every language."""

import math
from collections.abc import Mapping
from typing import Any

from mapping.analysis.evaluation import Catch
from mapping.analysis.scan import Cluster
from mapping.languages import Plural, Text, in_figures

SURE_Q, MAX_Q = 0.01, 0.05
CHANCE_WORDS: Mapping[str, Text] = {
    "sure": Text("Very unlikely to be chance."),
    "maybe": Text("Unlikely to be chance."),
    "chance": Text("Could be chance."),
}
BEHAVIOURS: Mapping[str, Text] = {
    "new": Text("New: stands out for the first time."),
    "consecutive": Text("Has stood out lately without a break, and not before."),
    "intensifying": Text("Stands out nearly always, and more and more."),
    "persistent": Text("Stands out nearly always."),
    "diminishing": Text("Stands out nearly always, but less and less."),
    "sporadic": Text("Stands out now, and on and off before."),
    "oscillating": Text("Stands out now; at times it was quieter than elsewhere."),
    "historical": Text("Stood out nearly always, but no longer."),
    "none": Text("Does not stand out."),
}
COVERAGE: Mapping[str, Text] = {
    "few": Text("Few people or nobody report from here. That does not mean it is safe."),
    "some": Text("Some people report from here."),
    "many": Text("Many people report from here."),
}

SURFACE: tuple[Text, ...] = (
    Text("Some people marked around here."),
    Text("A good many people marked around here."),
    Text("Many people marked around here."),
    Text("Very many people marked around here."),
)
LIKE_FROM = 0.1  # of Moran's I
LIKENESS: Mapping[str, Text] = {
    "like": Text("Neighbours are alike (Moran’s I %(value)s)."),
    "mixed": Text("Neighbours are hardly more alike than others (Moran’s I %(value)s)."),
    "unlike": Text("Neighbours are unlike each other (Moran’s I %(value)s)."),
}
LABELS: Mapping[str, Text] = {
    "mark": Text("a mark"),
    "case": Text("a case or an area"),
    "hurts_1": Text("hurts a little"),
    "hurts_2": Text("hurts somewhat"),
    "hurts_3": Text("hurts"),
    "hurts_4": Text("hurts much"),
    "hurts_5": Text("hurts most"),
    "few_marks": Text("Few marks so far: chance cannot be ruled out."),
    "no_hotspot": Text("No place stands out more than chance would make it."),
    "no_circle": Text("No circle stands out."),
    "per_100m": Text("marks per 100 m"),
    "per_km": Text("marks per km"),
    "places": Text("%(behaviour)s Places: %(count)s, the largest around %(lat)s, %(lon)s."),
    "windows": Text("Windows of %(days)s days: %(count)s, the last until %(end)s."),
    "no_street": Text("No street has more marks than its length explains."),
    "cluster": Text("a circle: unlikely to be chance"),
    "spread": Text("Spread along the streets over %(metres)s m, to look at."),
    "cells_used": Text("Cells %(size)s m wide, each tested with what lies within %(reach)s m."),
    "share_of_peak": Text("at least %(share)s %% of the densest"),
    "smoothed": Text("The marks smoothed over %(metres)s m, to look at; it does not say what could be chance."),
    "together": Text("stands out together with its neighbours"),
    "alone": Text("stands out from quiet neighbours"),
    "quiet": Text("quiet among neighbours that stand out"),
    "nothing_chosen": Text("Nothing stood out then, so there is nothing to check."),
    "indices": Text(
        "PAI: share of later marks over share of ground. PEI*: share of the most that as much ground could "
        "hold. RRI: later share over earlier share; well below 1 it cooled."
    ),
    "none": Text("nothing unusual"),
    "no_district": Text("No district stands out more than chance would make it."),
    "islands": Text("Districts that touch no other, tested alone: %(count)s."),
    "rising": Text("new or growing"),
    "steady": Text("stays, or comes and goes"),
    "easing": Text("easing"),
    "gone": Text("over"),
    "hotspots": Text("hotspots"),
    "counts": Text("fullest cells"),
    "density": Text("densest cells"),
}

NAMELESS_STREET = Text("A street without a name")
MARKS_ON_STREET = Plural(
    "%(street)s: %(num)s mark on %(length)s m, where its length alone would bring %(usual)s.",
    "%(street)s: %(num)s marks on %(length)s m, where its length alone would bring %(usual)s.",
)
WITHIN = Text("Within %(radius)s m of %(place)s")
IN_ONE_PLACE = Text("In one place, %(place)s")
CASES = Text("%(where)s: cases %(observed)s, expected %(expected)s")
NONE_ELSEWHERE = Text("none elsewhere.")
OFTENER = Plural("%(times)s time the rate elsewhere.", "%(times)s times the rate elsewhere.")
DISTRICT = Text("%(district)s (cases %(observed)s, expected %(expected)s): %(standing)s.")
CAUGHT = Plural(
    "%(ground)s %% of the ground caught %(hit)s %% of what was marked later: %(times)s time as much as ground chosen "
    "by chance.",
    "%(ground)s %% of the ground caught %(hit)s %% of what was marked later: %(times)s times as much as ground chosen "
    "by chance.",
)
PARTS: Mapping[Plural, Text] = {
    OFTENER: Text("%(times)s times the rate elsewhere.", "decimal fraction"),
    CAUGHT: Text(
        "%(ground)s %% of the ground caught %(hit)s %% of what was marked later: %(times)s times as much as ground "
        "chosen by chance.",
        "decimal fraction",
    ),
}
"""The same where the number is no whole one, which in many languages takes a form of its own."""


def chance_words(adjusted: float, language: str) -> str:
    """How likely chance alone is, from a q-value or a p-value that needs no adjusting."""
    code = "sure" if adjusted <= SURE_Q else "maybe" if adjusted <= MAX_Q else "chance"
    return CHANCE_WORDS[code].get(language)


def street_sentence(
    name: str | None, marks: int, length_m: float, expected: float, q_value: float, language: str
) -> str:
    """What a street's numbers mean.

    Parameters
    ----------
    name : str or None
        Of the street.
    marks : int
        Counted on it.
    length_m : float
        Metres.
    expected : float
        Marks if they fell by length alone.
    q_value : float
        Adjusted chance.
    language : str
        Of the words.
    """
    length, usual = in_figures(length_m, language), in_figures(expected, language, 1)
    called = name or NAMELESS_STREET.get(language)
    said = MARKS_ON_STREET.get(language, marks, street=called, length=length, usual=usual)
    return f"{said} {chance_words(q_value, language)}"


def street_words(street: Mapping[str, Any], language: str) -> str:
    """`street_sentence` of a row of ranked streets."""
    return street_sentence(
        street["name"], street["marks"], street["length_m"], street["expected"], street["q_value"], language
    )


def surface_words(area: Mapping[str, Any], language: str) -> str:
    """How many marked around, in words, by level 0…3."""
    return SURFACE[int(area["level"])].get(language)


def coverage_words(cell: Mapping[str, Any], language: str) -> str:
    """Whether people report from here at all."""
    return COVERAGE[str(cell["level"])].get(language)


def cluster_sentence(cluster: Cluster, centre: str, language: str) -> str:
    """What a cluster of the scan, with its middle in figures, means."""
    radius, expected = in_figures(cluster.radius_m, language), in_figures(cluster.expected, language, 1)
    observed = in_figures(cluster.observed, language)
    where = (
        WITHIN.get(language, radius=radius, place=centre)
        if cluster.radius_m
        else IN_ONE_PLACE.get(language, place=centre)
    )
    counted = CASES.get(language, where=where, observed=observed, expected=expected)
    if math.isinf(cluster.relative_risk):
        compared = NONE_ELSEWHERE.get(language)
    else:
        compared = _times(OFTENER, round(cluster.relative_risk, 1), 1, language)
    return f"{counted}; {compared} {chance_words(cluster.p_value, language)}"


def district_sentence(district: Mapping[str, Any], language: str) -> str:
    """What a district's numbers mean.

    Parameters
    ----------
    district : mapping
        `name`, and `events`, `expected`, `standing`, `q_value`, `own_q_value` of a compared district.
    language : str
        Of the words.
    """
    counted, usual = in_figures(district["events"], language), in_figures(district["expected"], language, 1)
    said = DISTRICT.get(
        language,
        district=district["name"],
        observed=counted,
        expected=usual,
        standing=LABELS[district["standing"]].get(language),
    )
    adjusted = district["q_value"] if district["standing"] == "together" else district["own_q_value"]
    return f"{said} {chance_words(adjusted, language)}"


def likeness_sentence(morans_i: float, language: str) -> str:
    """Whether like lies beside like, by Moran's I."""
    code = "like" if morans_i > LIKE_FROM else "unlike" if morans_i < -LIKE_FROM else "mixed"
    return LIKENESS[code].get(language, value=in_figures(morans_i, language, 2))


def catch_sentence(found: Catch, language: str) -> str:
    """What hotspots caught of what happened later."""
    if found.ground_share == 0:
        return LABELS["nothing_chosen"].get(language)
    ground, hit = in_figures(100 * found.ground_share, language, 1), in_figures(100 * found.hit_rate, language)
    pai = round(found.pai, 1)
    return _times(CAUGHT, pai, int(pai != int(pai)), language, ground=ground, hit=hit)


def _times(words: Plural, times: float, digits: int, language: str, **values: str) -> str:
    """Words with a number of times; where it is no whole number, in the form that the language has for parts."""
    figures = in_figures(times, language, digits)
    if times == int(times):
        return words.get(language, int(times), times=figures, **values)
    return PARTS[words].get(language, times=figures, **values)


def rounded_catch_sentence(found: Catch, language: str, step: int) -> str:
    """The same in shares of `step` per cent, from which one mark more or less cannot be told."""
    if found.ground_share == 0:
        return LABELS["nothing_chosen"].get(language)
    hit, times = step * round(100 * found.hit_rate / step), float(f"{found.pai:.1g}")
    ground = in_figures(float(f"{100 * found.ground_share:.1g}"), language, 2).rstrip("0").rstrip(".,")
    return _times(CAUGHT, times, int(times < 1), language, ground=ground, hit=str(hit))
