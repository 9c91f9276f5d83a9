"""What streets, trends, scans, coverage and held-out checks say, in plain words of two languages."""

import math
from collections.abc import Mapping
from typing import Any

from babel.numbers import format_decimal

from mapping.analysis.evaluation import Catch
from mapping.analysis.scan import Cluster
from mapping.analysis.sentences import plural

SURE_Q, MAX_Q = 0.01, 0.05
CHANCE_WORDS: Mapping[str, Mapping[str, str]] = {
    "sure": {"en": "Very unlikely to be chance.", "uk": "Майже напевно не випадково."},
    "maybe": {"en": "Unlikely to be chance.", "uk": "Мабуть, не випадково."},
    "chance": {"en": "Could be chance.", "uk": "Може бути випадково."},
}
BEHAVIOURS: Mapping[str, Mapping[str, str]] = {
    "new": {"en": "New: stands out for the first time.", "uk": "Нове: виділяється вперше."},
    "consecutive": {
        "en": "Has stood out lately without a break, and not before.",
        "uk": "Останнім часом виділяється без перерви, а раніше — ні.",
    },
    "intensifying": {
        "en": "Stands out nearly always, and more and more.",
        "uk": "Виділяється майже завжди й дедалі більше.",
    },
    "persistent": {"en": "Stands out nearly always.", "uk": "Виділяється майже завжди."},
    "diminishing": {
        "en": "Stands out nearly always, but less and less.",
        "uk": "Виділяється майже завжди, але дедалі менше.",
    },
    "sporadic": {"en": "Stands out now, and on and off before.", "uk": "Виділяється тепер, а раніше — час від часу."},
    "oscillating": {
        "en": "Stands out now; at times it was quieter than elsewhere.",
        "uk": "Виділяється тепер; часом тут було тихіше, ніж деінде.",
    },
    "historical": {"en": "Stood out nearly always, but no longer.", "uk": "Майже завжди виділялося, але вже ні."},
    "none": {"en": "Does not stand out.", "uk": "Не виділяється."},
}
COVERAGE: Mapping[str, Mapping[str, str]] = {
    "few": {
        "en": "Few people or nobody report from here. That does not mean it is safe.",
        "uk": "Звідси повідомляє мало людей або ніхто. Це не означає, що тут безпечно.",
    },
    "some": {"en": "Some people report from here.", "uk": "Звідси дехто повідомляє."},
    "many": {"en": "Many people report from here.", "uk": "Звідси повідомляє багато людей."},
}

SURFACE: tuple[Mapping[str, str], ...] = (
    {"en": "Some people marked around here.", "uk": "Довкола поставили позначки кілька людей."},
    {"en": "A good many people marked around here.", "uk": "Довкола поставило позначки чимало людей."},
    {"en": "Many people marked around here.", "uk": "Довкола поставило позначки багато людей."},
    {"en": "Very many people marked around here.", "uk": "Довкола поставило позначки дуже багато людей."},
)
LIKE_FROM = 0.1  # of Moran's I
LIKENESS: Mapping[str, Mapping[str, str]] = {
    "like": {
        "en": "Neighbours are alike (Moran’s I {value}).",
        "uk": "Сусідні райони схожі між собою (I Морана {value}).",
    },
    "mixed": {
        "en": "Neighbours are hardly more alike than others (Moran’s I {value}).",
        "uk": "Сусідні райони майже не схожіші між собою, ніж решта (I Морана {value}).",
    },
    "unlike": {
        "en": "Neighbours are unlike each other (Moran’s I {value}).",
        "uk": "Сусідні райони не схожі між собою (I Морана {value}).",
    },
}
LABELS: Mapping[str, Mapping[str, str]] = {
    "mark": {"en": "a mark", "uk": "позначка"},
    "case": {"en": "a case or an area", "uk": "випадок або територія"},
    "hurts_1": {"en": "hurts a little", "uk": "болить трохи"},
    "hurts_2": {"en": "hurts somewhat", "uk": "болить помірно"},
    "hurts_3": {"en": "hurts", "uk": "болить"},
    "hurts_4": {"en": "hurts much", "uk": "болить сильно"},
    "hurts_5": {"en": "hurts most", "uk": "болить найбільше"},
    "few_marks": {
        "en": "Few marks so far: chance cannot be ruled out.",
        "uk": "Позначок ще мало: це може бути випадковість.",
    },
    "no_hotspot": {
        "en": "No place stands out more than chance would make it.",
        "uk": "Жодне місце не виділяється більше, ніж могло б випадково.",
    },
    "no_circle": {"en": "No circle stands out.", "uk": "Жодне коло не виділяється."},
    "per_100m": {"en": "marks per 100 m", "uk": "позначок на 100 м"},
    "per_km": {"en": "marks per km", "uk": "позначок на км"},
    "places": {
        "en": "{behaviour} Places: {count}, the largest around {lat}, {lon}.",
        "uk": "{behaviour} Місць: {count}, найбільше біля {lat}, {lon}.",
    },
    "windows": {
        "en": "Windows of {days} days: {count}, the last until {end}.",
        "uk": "Періодів по {days} днів: {count}, останній до {end}.",
    },
    "no_street": {
        "en": "No street has more marks than its length explains.",
        "uk": "На жодній вулиці позначок не більше, ніж пояснює її довжина.",
    },
    "off_ground": {
        "en": "Later marks off this ground, not counted: {count}.",
        "uk": "Пізніших позначок поза цією територією, не враховано: {count}.",
    },
    "cluster": {"en": "a circle: unlikely to be chance", "uk": "коло: мабуть, не випадково"},
    "around": {"en": "around", "uk": "навколо"},
    "spread": {
        "en": "Spread along the streets over {metres} m, to look at.",
        "uk": "Розподілено вздовж вулиць на {metres} м, щоб подивитися.",
    },
    "cells_used": {
        "en": "Cells {size} m wide, each tested with what lies within {reach} m.",
        "uk": "Клітинки завширшки {size} м, кожну перевірено разом із тим, що в межах {reach} м.",
    },
    "share_of_peak": {"en": "at least {share} % of the densest", "uk": "щонайменше {share} % від найгустішого"},
    "smoothed": {
        "en": "The marks smoothed over {metres} m, to look at; it does not say what could be chance.",
        "uk": "Позначки, згладжені на {metres} м, щоб подивитися; про випадковість це не говорить.",
    },
    "together": {"en": "stands out together with its neighbours", "uk": "виділяється разом із сусідами"},
    "alone": {"en": "stands out from quiet neighbours", "uk": "виділяється серед тихих сусідів"},
    "quiet": {"en": "quiet among neighbours that stand out", "uk": "тихо серед сусідів, що виділяються"},
    "caught": {
        "en": "{ground} % of the ground caught {hit} % of what was marked later: {times} times as much as ground "
        "chosen by chance.",
        "uk": "На {ground} % території припало {hit} % пізніших позначок: у {times} {noun} більше, ніж на такій самій "
        "площі, вибраній навмання.",
    },
    "nothing_chosen": {
        "en": "Nothing stood out then, so there is nothing to check.",
        "uk": "Тоді ніщо не виділялося, тож перевіряти нічого.",
    },
    "indices": {
        "en": "PAI: share of later marks over share of ground. PEI*: share of the most that as much ground could hold. "
        "RRI: later share over earlier share; well below 1 it cooled.",
        "uk": "PAI: частка пізніших позначок, поділена на частку площі. PEI*: частка від найбільшого, що може бути на "
        "такій площі. RRI: пізніша частка, поділена на ранішу; якщо значно менше 1, місце затихло.",
    },
    "none": {"en": "nothing unusual", "uk": "нічого незвичайного"},
    "no_district": {
        "en": "No district stands out more than chance would make it.",
        "uk": "Жоден район не виділяється більше, ніж могло б випадково.",
    },
    "islands": {
        "en": "Districts that touch no other, tested alone: {count}.",
        "uk": "Районів без сусідів, перевірених окремо: {count}.",
    },
    "rising": {"en": "new or growing", "uk": "нове або посилюється"},
    "steady": {"en": "stays, or comes and goes", "uk": "тримається або то є, то нема"},
    "easing": {"en": "easing", "uk": "меншає"},
    "gone": {"en": "over", "uk": "минуло"},
    "hotspots": {"en": "hotspots", "uk": "гарячі місця"},
    "counts": {"en": "fullest cells", "uk": "найповніші клітинки"},
    "density": {"en": "densest cells", "uk": "найгустіші клітинки"},
}


def in_figures(value: float, language: str, digits: int = 0) -> str:
    """A number as the language writes it, with so many digits after the point."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(round(value, digits), format=pattern, locale=language))


def chance_words(adjusted: float, language: str) -> str:
    """How likely chance alone is, from a q-value or a p-value that needs no adjusting."""
    code = "sure" if adjusted <= SURE_Q else "maybe" if adjusted <= MAX_Q else "chance"
    return CHANCE_WORDS[code][language]


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
        en or uk.
    """
    length, usual = in_figures(length_m, language), in_figures(expected, language, 1)
    if language == "en":
        called = name or "A street without a name"
        noun = plural(marks, "en", ("mark", "", "marks"))
        said = f"{called}: {marks} {noun} on {length} m, where its length alone would bring {usual}."
    else:
        said = f"{name or 'Вулиця без назви'}: позначок — {marks} на {length} м, а за самою довжиною було б {usual}."
    return f"{said} {chance_words(q_value, language)}"


def street_words(street: Mapping[str, Any], language: str) -> str:
    """`street_sentence` of a row of ranked streets."""
    return street_sentence(
        street["name"], street["marks"], street["length_m"], street["expected"], street["q_value"], language
    )


def surface_words(area: Mapping[str, Any], language: str) -> str:
    """How many marked around, in words, by level 0…3."""
    return SURFACE[int(area["level"])][language]


def coverage_words(cell: Mapping[str, Any], language: str) -> str:
    """Whether people report from here at all."""
    return COVERAGE[str(cell["level"])][language]


def cluster_sentence(cluster: Cluster, centre: str, language: str) -> str:
    """What a cluster of the scan, with its middle in figures, means."""
    radius, expected = in_figures(cluster.radius_m, language), in_figures(cluster.expected, language, 1)
    observed = in_figures(cluster.observed, language)
    around = {"en": f"Within {radius} m of {centre}", "uk": f"У радіусі {radius} м від {centre}"}
    alone = {"en": f"In one place, {centre}", "uk": f"В одному місці, {centre}"}
    where = (around if cluster.radius_m else alone)[language]
    counted = {
        "en": f"{where}: cases {observed}, expected {expected}",
        "uk": f"{where}: випадків {observed}, очікувано {expected}",
    }[language]
    if math.isinf(cluster.relative_risk):
        said = counted + {"en": "; none elsewhere.", "uk": "; деінде жодного."}[language]
    else:
        times = in_figures(cluster.relative_risk, language, 1)
        said = (
            counted
            + {
                "en": f"; {times} times the rate elsewhere.",
                "uk": f"; у {times} {_times_noun(round(cluster.relative_risk, 1))} частіше, ніж деінде.",
            }[language]
        )
    return f"{said} {chance_words(cluster.p_value, language)}"


def district_sentence(district: Mapping[str, Any], language: str) -> str:
    """What a district's numbers mean.

    Parameters
    ----------
    district : mapping
        `name`, and `events`, `expected`, `standing`, `q_value`, `own_q_value` of a compared district.
    language : str
        en or uk.
    """
    counted, usual = in_figures(district["events"], language), in_figures(district["expected"], language, 1)
    said = {
        "en": f"{district['name']} (cases {counted}, expected {usual}): {LABELS[district['standing']]['en']}.",
        "uk": f"{district['name']} (випадків {counted}, очікувано {usual}): {LABELS[district['standing']]['uk']}.",
    }[language]
    adjusted = district["q_value"] if district["standing"] == "together" else district["own_q_value"]
    return f"{said} {chance_words(adjusted, language)}"


def likeness_sentence(morans_i: float, language: str) -> str:
    """Whether like lies beside like, by Moran's I."""
    code = "like" if morans_i > LIKE_FROM else "unlike" if morans_i < -LIKE_FROM else "mixed"
    return LIKENESS[code][language].format(value=in_figures(morans_i, language, 2))


def catch_sentence(found: Catch, language: str) -> str:
    """What hotspots caught of what happened later."""
    if found.ground_share == 0:
        return LABELS["nothing_chosen"][language]
    ground, hit = in_figures(100 * found.ground_share, language, 1), in_figures(100 * found.hit_rate, language)
    pai = round(found.pai, 1)
    times, noun = in_figures(pai, language, int(pai != int(pai))), _times_noun(pai)
    return LABELS["caught"][language].format(ground=ground, hit=hit, times=times, noun=noun)


def _times_noun(times: float) -> str:
    """The Ukrainian noun after a number of times: whole ones have their forms, parts are told of in the genitive."""
    return plural(int(times), "uk", ("раз", "рази", "разів")) if times == int(times) else "раза"


def rounded_catch_sentence(found: Catch, language: str, step: int) -> str:
    """The same in shares of `step` per cent, from which one mark more or less cannot be told."""
    if found.ground_share == 0:
        return LABELS["nothing_chosen"][language]
    hit, times = step * round(100 * found.hit_rate / step), float(f"{found.pai:.1g}")
    ground = in_figures(float(f"{100 * found.ground_share:.1g}"), language, 2).rstrip("0").rstrip(".,")
    return LABELS["caught"][language].format(
        ground=ground, hit=hit, times=in_figures(times, language, int(times < 1)), noun=_times_noun(times)
    )
