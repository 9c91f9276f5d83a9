"""The words of the map frame itself, in every language; layers and hotspots bring their own."""

from collections.abc import Mapping
from typing import Any

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
        "when": {"day": "by day", "night": "after dark", "always": "at any time"},
        "severities": ["Awkward", "Unpleasant, I go round", "I am afraid here", "Someone was hurt"],
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
        "when": {"day": "удень", "night": "у темряві", "always": "будь-коли"},
        "severities": ["Незручно", "Неприємно, обходжу", "Страшно тут ходити", "Хтось уже постраждав"],
    },
}
