"""What a hotspot's numbers mean, in plain words of every language."""

from collections.abc import Mapping
from typing import Any

from mapping.languages import Plural, Text

BADGES = {
    "sure": Text("Very unlikely to be chance"),
    "maybe": Text("Unlikely to be chance"),
    "few": Text("Too few people yet"),
}
_CHANCE = {
    "not": Text(
        "If people had marked at random, this many marks in one place would turn up less than once in %(tries)s tries."
    ),
    "few": Text("Chance cannot be ruled out yet."),
}
TRENDS = {
    "rising": Text("People mark it more and more often."),
    "easing": Text("People mark it less and less often."),
    "steady": Text("No clear change from month to month."),
}
_ALMOST_SURE, _LIKELY = 0.95, 0.7


_FIRST = Text("Clearly first.")
_AMONG_WORST = Text("Almost surely among the worst %(top)s.")
_PERHAPS_WORST = Text("Probably among the worst %(top)s.")
_UNTOLD_ORDER = Plural(
    "Its order against %(num)s other place cannot be told for sure.",
    "Its order against %(num)s other places cannot be told for sure.",
)
_STAYS = Text("It stays No. %(best)s whichever part of the score is left out.")
_DEPENDS = Text("Depending on which part of the score is left out, it is No. %(best)s to No. %(worst)s.")
_AT_LEAST = Plural("At least %(num)s person marked this place.", "At least %(num)s people marked this place.")
_MARKS_HERE = Plural("%(num)s mark here.", "%(num)s marks here.")
_PEOPLE = Plural("%(num)s person marked this place, %(marks)s.", "%(num)s people marked this place, %(marks)s.")
_MARKS_IN_ALL = Plural("%(num)s mark in all", "%(num)s marks in all")
_NAMELESS = Text("A place without a name")
_CORNER = Text("%(street)s at %(other)s")


def _name(street_names: list[str], language: str) -> str:
    if not street_names:
        return _NAMELESS.get(language)
    if len(street_names) == 1:
        return street_names[0]
    return _CORNER.get(language, street=street_names[0], other=street_names[1])


def _rank(hotspot: Mapping[str, Any], language: str) -> str | None:
    """How sure the place in the order is: first beyond doubt, almost surely or probably among the first few."""
    total, top, chance = int(hotspot["total"]), int(hotspot["top"]), float(hotspot["p_top"])
    if total > 1 and int(hotspot["tier"]) == 1 and int(hotspot["tier_size"]) == 1:
        return _FIRST.get(language)
    if total <= top or chance < _LIKELY:
        return None
    return (_AMONG_WORST if chance >= _ALMOST_SURE else _PERHAPS_WORST).get(language, top=top)


def _tier(hotspot: Mapping[str, Any], language: str) -> str | None:
    others = int(hotspot["tier_size"]) - 1
    return None if others < 1 else _UNTOLD_ORDER.get(language, others)


def _sensitivity(hotspot: Mapping[str, Any], language: str) -> str | None:
    """How the rank depends on what counts."""
    ranks = [int(hotspot["rank"]), *(int(rank) for rank in hotspot["rank_without"].values())]
    if int(hotspot["total"]) < 2:
        return None
    best, worst = min(ranks), max(ranks)
    return _STAYS.get(language, best=best) if best == worst else _DEPENDS.get(language, best=best, worst=worst)


def _chance(hotspot: Mapping[str, Any], language: str) -> str:
    badge = str(hotspot["badge"])
    if badge == "few":
        return _CHANCE["few"].get(language)
    tries = round(1 / float(hotspot["sure_q" if badge == "sure" else "max_q"]))
    return _CHANCE["not"].get(language, tries=tries)


def _people(hotspot: Mapping[str, Any], language: str) -> str:
    reporters, reports = int(hotspot["reporters"]), int(hotspot["reports"] or 0)
    if hotspot.get("is_rounded"):
        return _AT_LEAST.get(language, reporters)
    if hotspot.get("is_anonymous"):
        return _MARKS_HERE.get(language, reports)
    return _PEOPLE.get(language, reporters, marks=_MARKS_IN_ALL.get(language, reports))


def hotspot_texts(hotspot: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Name, badge and sentences of one hotspot.

    Parameters
    ----------
    hotspot : mapping
        street_names, reporters, reports, badge (sure, maybe, few), sure_q, max_q, rank, total, top, p_top, tier,
        tier_size, rank_without, reasons (each with a title); trend where it is known (rising, easing, steady);
        is_rounded where people are told in steps; is_anonymous where nobody knows who marked.
    language : str
        Of the words.

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
    sentences.append(TRENDS[hotspot["trend"]].get(language) if hotspot.get("trend") in TRENDS else None)
    return {
        "name": _name(list(hotspot["street_names"]), language),
        "badge_words": BADGES[badge].get(language),
        "words": [sentence for sentence in sentences if sentence],
        "order_words": [
            sentence for sentence in (_tier(hotspot, language), _sensitivity(hotspot, language)) if sentence
        ],
    }
