"""The words of the map frame itself, in every language; layers and hotspots bring their own."""

from collections.abc import Mapping
from typing import Any

from mapping.layers.vocabulary import SEVERITIES, WHEN

WORDS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "title": "Where it hurts most",
        "map": "Map of where it hurts most",
        "layers": "Layers",
        "zoom_in": "Closer",
        "zoom_out": "Further away",
        "close": "Close",
        "how_much": "How much it hurts",
        "least": "a little",
        "most": "most",
        "hotspots": "Where it hurts most",
        "unlit": "Dark street",
        "from_osm": "No street lighting, according to OpenStreetMap",
        "about_here": "Somewhere within this circle. Its centre is not the place.",
        "masked": "Somewhere near",
        "and_more": "and more:",
        "simulated": "Simulated data: places and people are invented",
        "legend": "What the signs mean",
        "switched": "Under “Layers” you can also switch on",
        "surface": "Where many people marked darkness or barriers",
        "streets": "Streets with most marks of darkness or barriers",
        "coverage": "Few people report here; that does not mean it is safe",
        "trends": "More or less often than before?",
        "rising": "marked more and more often",
        "steady": "no clear change",
        "easing": "marked less and less often",
    },
    "uk": {
        "title": "Де болить найбільше",
        "map": "Карта: де болить найбільше",
        "layers": "Шари",
        "zoom_in": "Ближче",
        "zoom_out": "Далі",
        "close": "Закрити",
        "how_much": "Наскільки болить",
        "least": "трохи",
        "most": "найбільше",
        "hotspots": "Де болить найбільше",
        "unlit": "Темна вулиця",
        "from_osm": "За даними OpenStreetMap тут немає освітлення",
        "about_here": "Десь у межах цього кола. Його центр — не саме місце.",
        "masked": "Десь поруч",
        "and_more": "і ще:",
        "simulated": "Дані змодельовані: місця й люди вигадані",
        "legend": "Що означають знаки",
        "switched": "У «Шарах» можна ще ввімкнути",
        "surface": "Де багато людей позначили темряву чи перешкоди",
        "streets": "Вулиці, де найбільше позначок про темряву чи перешкоди",
        "coverage": "Звідси мало повідомляють; це не означає, що тут безпечно",
        "trends": "Частіше чи рідше, ніж раніше?",
        "rising": "позначають дедалі частіше",
        "steady": "помітних змін немає",
        "easing": "позначають дедалі рідше",
    },
}


def words(language: str) -> dict[str, Any]:
    """All words of the frame in one language, those of severity and time among them.

    Parameters
    ----------
    language : str
        en or uk.

    Returns
    -------
    dict
        Text by name; `severities` is a list (1 to 4), `when` a mapping by code.
    """
    return {
        **WORDS[language],
        "severities": [severity.get(language) for severity in SEVERITIES],
        "when": {code: when.get(language) for code, when in WHEN.items()},
    }
