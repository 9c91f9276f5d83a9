"""What a hotspot's numbers mean, in plain words of two languages."""

from collections.abc import Mapping
from typing import Any

_BADGES = {
    "sure": {"en": "Very unlikely to be chance", "uk": "Майже напевно не випадково"},
    "maybe": {"en": "Unlikely to be chance", "uk": "Мабуть, не випадково"},
    "few": {"en": "Too few people yet", "uk": "Ще замало людей"},
}
_CHANCE = {
    "not": {
        "en": "If people had marked at random, this many marks in one place would turn up less than once in {tries} "
        "tries.",
        "uk": "Якби люди позначали навмання, стільки позначок в одному місці вийшло б рідше ніж раз на {tries}.",
    },
    "few": {
        "en": "Chance cannot be ruled out yet.",
        "uk": "Ще не можна сказати, що це не випадково.",
    },
}
_TRENDS = {
    "rising": {"en": "People mark it more and more often.", "uk": "Його позначають дедалі частіше."},
    "easing": {"en": "People mark it less and less often.", "uk": "Його позначають дедалі рідше."},
    "steady": {"en": "No clear change from month to month.", "uk": "З місяця в місяць помітних змін немає."},
}
_ALMOST_SURE, _LIKELY = 0.95, 0.7


def plural(count: int, language: str, forms: tuple[str, str, str]) -> str:
    """The form of a noun that goes with a whole number (CLDR: one, few, many; English uses one and many)."""
    if language == "uk":
        if count % 10 == 1 and count % 100 != 11:
            return forms[0]
        return forms[1] if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else forms[2]
    return forms[0] if count == 1 else forms[2]


def _name(street_names: list[str], language: str) -> str:
    if not street_names:
        return "A place without a name" if language == "en" else "Місце без назви"
    if len(street_names) == 1:
        return street_names[0]
    joint = " at " if language == "en" else " — "
    return joint.join(street_names[:2])


def _rank(hotspot: Mapping[str, Any], language: str) -> str | None:
    """How sure the place in the order is: first beyond doubt, almost surely or probably among the first few."""
    total, top, chance = int(hotspot["total"]), int(hotspot["top"]), float(hotspot["p_top"])
    if total > 1 and int(hotspot["tier"]) == 1 and int(hotspot["tier_size"]) == 1:
        return "Clearly first." if language == "en" else "Явно на першому місці."
    if total <= top or chance < _LIKELY:
        return None
    if chance >= _ALMOST_SURE:
        return f"Almost surely among the worst {top}." if language == "en" else f"Майже напевно серед {top} найгірших."
    return f"Probably among the worst {top}." if language == "en" else f"Мабуть, серед {top} найгірших."


def _tier(hotspot: Mapping[str, Any], language: str) -> str | None:
    others = int(hotspot["tier_size"]) - 1
    if others < 1:
        return None
    if language == "en":
        places = plural(others, "en", ("other place", "", "other places"))
        return f"Its order against {others} {places} cannot be told for sure."
    places = plural(others, "uk", ("іншим місцем", "іншими місцями", "іншими місцями"))
    return f"Порядок між ним і ще {others} {places} напевно не визначити."


def _sensitivity(hotspot: Mapping[str, Any], language: str) -> str | None:
    """How the rank depends on what counts."""
    ranks = [int(hotspot["rank"]), *(int(rank) for rank in hotspot["rank_without"].values())]
    if int(hotspot["total"]) < 2:
        return None
    best, worst = min(ranks), max(ranks)
    if best == worst:
        return (
            f"It stays No. {best} whichever part of the score is left out."
            if language == "en"
            else f"Воно лишається № {best}, хоч би яку частину оцінки не рахувати."
        )
    return (
        f"Depending on which part of the score is left out, it is No. {best} to No. {worst}."
        if language == "en"
        else f"Залежно від того, яку частину оцінки не рахувати, це № {best}–{worst}."
    )


def _chance(hotspot: Mapping[str, Any], language: str) -> str:
    badge = str(hotspot["badge"])
    if badge == "few":
        return _CHANCE["few"][language]
    tries = round(1 / float(hotspot["sure_q" if badge == "sure" else "max_q"]))
    return _CHANCE["not"][language].format(tries=tries)


def _people(hotspot: Mapping[str, Any], language: str) -> str:
    reporters, reports = int(hotspot["reporters"]), int(hotspot["reports"] or 0)
    if hotspot.get("is_rounded"):
        return {
            "en": f"At least {reporters} people marked this place.",
            "uk": f"Щонайменше {reporters} людей позначили це місце.",
        }[language]
    if hotspot.get("is_anonymous"):
        return {
            "en": f"{reports} {plural(reports, 'en', ('mark', '', 'marks'))} here.",
            "uk": f"Тут {reports} {plural(reports, 'uk', ('позначка', 'позначки', 'позначок'))}.",
        }[language]
    if language == "en":
        people = f"{reporters} {plural(reporters, 'en', ('person', '', 'people'))}"
        return f"{people} marked this place, {reports} {plural(reports, 'en', ('mark', '', 'marks'))} in all."
    people = f"{reporters} {plural(reporters, 'uk', ('людина позначила', 'людини позначили', 'людей позначили'))}"
    return f"{people} це місце, усього {reports} {plural(reports, 'uk', ('позначка', 'позначки', 'позначок'))}."


def hotspot_texts(hotspot: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Name, badge and sentences of one hotspot.

    Parameters
    ----------
    hotspot : mapping
        street_names, reporters, reports, badge (sure, maybe, few), sure_q, max_q, rank, total, top, p_top, tier,
        tier_size, rank_without, reasons (each with a title); trend where it is known (rising, easing, steady);
        is_rounded where people are told in steps; is_anonymous where nobody knows who marked.
    language : str
        en or uk.

    Returns
    -------
    dict
        `name`, `badge_words`, `words`, a list of sentences: what, who, how sure, which rank; and `order_words`: how
        far the order holds.
    """
    badge = str(hotspot["badge"])
    why = "; ".join(str(reason["title"]) for reason in hotspot["reasons"][:3])
    sentences = [f"{why}." if why else None, _people(hotspot, language), _chance(hotspot, language)]
    sentences.append(_rank(hotspot, language) if badge != "few" else None)
    sentences.append(_TRENDS[hotspot["trend"]][language] if hotspot.get("trend") in _TRENDS else None)
    return {
        "name": _name(list(hotspot["street_names"]), language),
        "badge_words": _BADGES[badge][language],
        "words": [sentence for sentence in sentences if sentence],
        "order_words": [
            sentence for sentence in (_tier(hotspot, language), _sensitivity(hotspot, language)) if sentence
        ],
    }
