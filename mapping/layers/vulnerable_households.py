"""Households that may need help; noted by mobilizers with consent, shown to nobody but as counts."""

from mapping.languages import Text
from mapping.layers.vocabulary import POINT, Category, Layer, Tier

LAYER = Layer(
    code="vulnerable_households",
    title=Text("A household that may need help"),
    short=Text("household"),
    hint=Text("Noted by mobilizers only, with consent"),
    symbol="household",
    token="resource",
)

CATEGORIES = (
    Category(
        code="vulnerable_household",
        layer=LAYER.code,
        title=Text("Household that may need help"),
        hint=Text("Only with the family’s consent"),
        tier=Tier.T2,
        geometry_kinds=POINT,
        questions=(),
        duplicate_radius_m=10.0,
    ),
)
