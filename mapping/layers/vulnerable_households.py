"""Households that may need help; noted by mobilizers with consent, shown to nobody but as counts."""

from mapping.layers.vocabulary import POINT, Category, Layer, Text, Tier

LAYER = Layer(
    code="vulnerable_households",
    title=Text("A household that may need help", "Родина, якій може бути потрібна допомога"),
    short=Text("household", "родина"),
    hint=Text("Noted by mobilizers only, with consent", "Записують лише мобілізатори і лише за згодою"),
    symbol="household",
    token="resource",
)

CATEGORIES = (
    Category(
        code="vulnerable_household",
        layer=LAYER.code,
        title=Text("Household that may need help", "Родина, якій може бути потрібна допомога"),
        hint=Text("Only with the family’s consent", "Лише за згодою родини"),
        tier=Tier.T2,
        geometry_kinds=POINT,
        questions=(),
        duplicate_radius_m=10.0,
    ),
)
