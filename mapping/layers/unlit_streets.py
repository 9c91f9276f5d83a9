"""Streets, crossings and stops without light."""

from mapping.languages import Text
from mapping.layers.vocabulary import POINT, POINT_OR_LINE, YES_NO, Category, Layer, Question, Tier

LAYER = Layer(
    code="unlit_streets",
    title=Text("It is dark here"),
    short=Text("dark"),
    hint=Text("A street, a yard or a path without light"),
    symbol="dark",
    token="dark",
)

CATEGORIES = (
    Category(
        code="no_lamps",
        layer=LAYER.code,
        title=Text("No lamps"),
        hint=Text("There never were any"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(Question("whole_street", Text("Is the whole street dark?"), YES_NO),),
        duplicate_radius_m=60.0,
    ),
    Category(
        code="broken_lamps",
        layer=LAYER.code,
        title=Text("Lamps do not work"),
        hint=Text("Broken or burnt out"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(Question("whole_street", Text("Is the whole street dark?"), YES_NO),),
        duplicate_radius_m=40.0,
    ),
    Category(
        code="lamps_switched_off",
        layer=LAYER.code,
        title=Text("Lamps are switched off"),
        hint=Text("They work, but not at night"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(Question("whole_street", Text("Is the whole street dark?"), YES_NO),),
        duplicate_radius_m=60.0,
    ),
    Category(
        code="lamps_hidden",
        layer=LAYER.code,
        title=Text("Light is hidden"),
        hint=Text("By trees or a wall"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(),
        duplicate_radius_m=40.0,
    ),
    Category(
        code="dark_crossing",
        layer=LAYER.code,
        title=Text("Dark crossing"),
        hint=Text("Drivers cannot see who is crossing"),
        tier=Tier.T0,
        geometry_kinds=POINT,
        questions=(),
        duplicate_radius_m=30.0,
    ),
    Category(
        code="dark_stop",
        layer=LAYER.code,
        title=Text("Dark stop"),
        hint=Text("Waiting in the dark"),
        tier=Tier.T0,
        geometry_kinds=POINT,
        questions=(),
        duplicate_radius_m=30.0,
    ),
)
