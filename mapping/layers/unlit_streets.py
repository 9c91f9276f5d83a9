"""Streets, crossings and stops without light."""

from mapping.layers.vocabulary import POINT, POINT_OR_LINE, YES_NO, Category, Layer, Question, Text, Tier

LAYER = Layer(
    code="unlit_streets",
    title=Text("It is dark here", "Тут темно"),
    short=Text("dark", "темно"),
    hint=Text("A street, a yard or a path without light", "Вулиця, двір або стежка без світла"),
    symbol="dark",
    token="dark",
)

CATEGORIES = (
    Category(
        code="no_lamps",
        layer=LAYER.code,
        title=Text("No lamps", "Нема ліхтарів"),
        hint=Text("There never were any", "Їх тут і не було"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(Question("whole_street", Text("Is the whole street dark?", "Темна вся вулиця?"), YES_NO),),
        duplicate_radius_m=60.0,
    ),
    Category(
        code="broken_lamps",
        layer=LAYER.code,
        title=Text("Lamps do not work", "Ліхтарі не світять"),
        hint=Text("Broken or burnt out", "Розбиті чи перегорілі"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(Question("whole_street", Text("Is the whole street dark?", "Темна вся вулиця?"), YES_NO),),
        duplicate_radius_m=40.0,
    ),
    Category(
        code="lamps_switched_off",
        layer=LAYER.code,
        title=Text("Lamps are switched off", "Ліхтарі вимикають"),
        hint=Text("They work, but not at night", "Справні, але вночі не світять"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(Question("whole_street", Text("Is the whole street dark?", "Темна вся вулиця?"), YES_NO),),
        duplicate_radius_m=60.0,
    ),
    Category(
        code="lamps_hidden",
        layer=LAYER.code,
        title=Text("Light is hidden", "Світло закрите"),
        hint=Text("By trees or a wall", "Деревами чи стіною"),
        tier=Tier.T0,
        geometry_kinds=POINT_OR_LINE,
        questions=(),
        duplicate_radius_m=40.0,
    ),
    Category(
        code="dark_crossing",
        layer=LAYER.code,
        title=Text("Dark crossing", "Темний перехід"),
        hint=Text("Drivers cannot see who is crossing", "Водії не бачать пішоходів"),
        tier=Tier.T0,
        geometry_kinds=POINT,
        questions=(),
        duplicate_radius_m=30.0,
    ),
    Category(
        code="dark_stop",
        layer=LAYER.code,
        title=Text("Dark stop", "Темна зупинка"),
        hint=Text("Waiting in the dark", "Чекати доводиться в темряві"),
        tier=Tier.T0,
        geometry_kinds=POINT,
        questions=(),
        duplicate_radius_m=30.0,
    ),
)
