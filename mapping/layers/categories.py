"""All layers and categories, by code; the one list every floor reads."""

from collections.abc import Mapping
from types import MappingProxyType

from mapping.layers import (
    accessibility_barriers,
    dangerous_places,
    resources,
    unlit_streets,
    vulnerable_households,
)
from mapping.layers.vocabulary import Category, Layer

_MODULES = (dangerous_places, unlit_streets, accessibility_barriers, resources, vulnerable_households)

LAYERS: Mapping[str, Layer] = MappingProxyType({module.LAYER.code: module.LAYER for module in _MODULES})
CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {category.code: category for module in _MODULES for category in module.CATEGORIES}
)
