"""The legend in words of the working group's map, and the patterns its areas are filled with."""

from collections.abc import Mapping, Sequence
from typing import Any

from branca.element import MacroElement
from folium.template import Template

from mapping.maps import safe_text


class Legend(MacroElement):
    """The legend in words, and the patterns of the five steps."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
            {%- for step, width in this.hatches %}
            <pattern id="hotspot-{{ step }}" width="{{ width }}" height="{{ width }}" patternUnits="userSpaceOnUse"
                     patternTransform="rotate(45)">
                <rect class="step step--{{ step }}" width="{{ width }}" height="{{ width }}"></rect>
                {%- if step > 1 %}
                <rect class="hatch hatch--{{ step }}" width="1.2" height="{{ width }}"></rect>{% endif %}
                {%- if step == 5 %}
                <rect class="hatch hatch--5" width="{{ width }}" height="1.2"></rect>{% endif %}
            </pattern>
            {%- endfor %}
            <pattern id="masked" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="masked-hatch" width="1.6" height="9"></rect>
            </pattern>
            <pattern id="few-people" width="10" height="10" patternUnits="userSpaceOnUse">
                <circle class="few-people" cx="5" cy="5" r="1.3"></circle>
            </pattern>
        </defs></svg>
        <details class="legend" open>
            <summary>{{ this.words.legend }}</summary>
            <div class="legend__columns">
                <div class="legend__steps">
                    <p id="legend-steps"><strong>{{ this.words.how_much }}</strong></p>
                    <svg width="178" height="20" role="img" aria-labelledby="legend-steps">
                        {%- for step, width in this.hatches %}
                        <rect class="hotspot" x="{{ 36 * (step - 1) + 1 }}" y="1" width="32" height="17" rx="4"
                              fill="url(#hotspot-{{ step }})"></rect>
                        {%- endfor %}
                    </svg>
                    <p class="legend__ends"><span>{{ this.words.least }}</span><span>{{ this.words.most }}</span></p>
                </div>
                <ul class="legend__signs">
                    {%- for layer in this.layers %}
                    <li><svg class="map-symbol" width="20" height="20" aria-hidden="true"><use
                        href="#s-{{ layer.symbol }}"></use></svg>{{ layer.title }}</li>
                    {%- endfor %}
                    <li><span class="map-mark__face map-mark__face--about" aria-hidden="true"></span>
                        {{ this.words.masked }}</li>
                    <li><svg width="30" height="12" aria-hidden="true"><path class="unlit" d="M5 6h20"></path>
                        <path class="unlit-lamps" d="M6 6h19" stroke-dasharray="0 6"></path></svg>{{ this.words.unlit }}
                    </li>
                </ul>
            </div>
            <details class="legend__more">
            <summary>{{ this.words.switched }}</summary>
            <ul class="legend__signs">
                <li><svg width="30" height="16" aria-hidden="true"><rect class="surface surface--0" x="1" y="1"
                    width="28" height="14" rx="6"></rect>
                    <rect class="surface surface--2" x="8" y="4" width="14" height="8" rx="4"></rect></svg>
                    {{ this.words.surface }}</li>
                <li><svg width="30" height="16" aria-hidden="true"><path class="marked marked--1" d="M3 12h24"></path>
                    <path class="marked marked--3" d="M3 5h24"></path></svg>{{ this.words.streets }}</li>
                <li><svg width="30" height="16" aria-hidden="true"><rect class="coverage coverage--few" x="1" y="1"
                    width="28" height="14" fill="url(#few-people)"></rect></svg>{{ this.words.coverage }}</li>
                {%- for trend in ("rising", "steady", "easing") %}
                <li><svg width="30" height="16" aria-hidden="true"><rect class="trend trend--{{ trend }}" x="3" y="3"
                    width="24" height="10" rx="3"></rect></svg>{{ this.words[trend] }}</li>
                {%- endfor %}
            </ul>
            </details>
            {%- if this.is_simulated %}
            <p class="legend__note"><strong>{{ this.words.simulated }}</strong></p>
            {%- endif %}
        </details>
        {% endmacro %}
        """
    )

    hatches = ((1, 12), (2, 12), (3, 8), (4, 5), (5, 6))

    def __init__(self, layers: Sequence[Mapping[str, Any]], words: Mapping[str, Any], *, is_simulated: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no types
        self._name = "Legend"
        self.layers = [
            {"symbol": safe_text.in_page(layer["symbol"]), "title": safe_text.in_page(layer["title"])}
            for layer in layers
        ]
        self.words = {name: safe_text.in_page(said) for name, said in words.items() if isinstance(said, str)}
        self.is_simulated = is_simulated
