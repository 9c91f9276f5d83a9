"""The words of the map frame itself, in every language; layers and hotspots bring their own."""

from collections.abc import Mapping
from typing import Any

from mapping.languages import Text
from mapping.layers.vocabulary import SEVERITIES, WHEN

WORDS: Mapping[str, Text] = {
    "title": Text("Where it hurts most"),
    "map": Text("Map of where it hurts most"),
    "layers": Text("Layers"),
    "zoom_in": Text("Closer"),
    "zoom_out": Text("Further away"),
    "close": Text("Close"),
    "how_much": Text("How much it hurts"),
    "least": Text("a little"),
    "most": Text("most"),
    "hotspots": Text("Where it hurts most"),
    "unlit": Text("Dark street"),
    "from_osm": Text("No street lighting, according to OpenStreetMap"),
    "about_here": Text("Somewhere within this circle. Its centre is not the place."),
    "masked": Text("Somewhere near"),
    "and_more": Text("and more:"),
    "simulated": Text("Simulated data: places and people are invented"),
    "legend": Text("What the signs mean"),
    "switched": Text("Under “Layers” you can also switch on"),
    "surface": Text("Where many people marked darkness or barriers"),
    "streets": Text("Streets with most marks of darkness or barriers"),
    "coverage": Text("Few people report here; that does not mean it is safe"),
    "trends": Text("More or less often than before?"),
    "rising": Text("marked more and more often"),
    "steady": Text("no clear change"),
    "easing": Text("marked less and less often"),
}


def words(language: str) -> dict[str, Any]:
    """All words of the frame in one language, those of severity and time among them.

    Parameters
    ----------
    language : str
        Of the words.

    Returns
    -------
    dict
        Text by name; `severities` is a list (1 to 4), `when` a mapping by code.
    """
    return {
        **{name: text.get(language) for name, text in WORDS.items()},
        "severities": [severity.get(language) for severity in SEVERITIES],
        "when": {code: when.get(language) for code, when in WHEN.items()},
    }
