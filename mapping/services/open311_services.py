"""Services of Open311 (GeoReport v2): a jurisdiction is a community, its services are what can be reported to it.

Confidential categories are not offered: Open311 shows what was sent to everyone.

Source: Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2/ (GET service list, GET service definition).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mapping.errors import FieldError, InvalidParameter, NotFound
from mapping.languages import Text
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.layers.vocabulary import AFFECTED, SEVERITIES, WHEN, Category, Tier
from mapping.services.emergency_numbers import numbers_of
from mapping.store import communities
from mapping.store.communities import Community

OFFERED: Mapping[str, Category] = {code: found for code, found in CATEGORIES.items() if found.tier < Tier.T2}
_SHOWN: Mapping[Tier, Text] = {
    Tier.T0: Text(
        "Once the working group has looked at it, everyone sees the place, the day, how bad it is, when and "
        "for whom, and your words."
    ),
    Tier.T1: Text(
        "Once the working group has looked at it, everyone sees a point near the place, the month, how bad it"
        " is, when and for whom, but not your words."
    ),
}
_ATTRIBUTES: tuple[tuple[str, str, Text, tuple[tuple[str, Text], ...]], ...] = (
    ("severity", "singlevaluelist", Text("How bad is it?"),
     tuple((str(number), words) for number, words in enumerate(SEVERITIES, start=1))),
    ("when", "singlevaluelist", Text("When is it so?"), tuple(WHEN.items())),
    ("affected", "multivaluelist", Text("Who is affected?"), tuple(AFFECTED.items())),
)  # fmt: skip


def require_jurisdiction_id(jurisdiction_id: str | None) -> str:
    """The community's short name, if one is said.

    Raises
    ------
    InvalidParameter
        If none is.
    """
    if not jurisdiction_id:
        raise InvalidParameter(
            "Which community?", [FieldError("jurisdiction_id", "is needed: the short name of a community")]
        )
    return jurisdiction_id


async def find_jurisdiction(connection: AsyncConnection, jurisdiction_id: str | None) -> Community:
    """The community that is asked.

    Raises
    ------
    InvalidParameter
        If nothing says which.
    NotFound
        If there is none of this name.
    """
    return await communities.find(connection, require_jurisdiction_id(jurisdiction_id))


async def list_services(engine: AsyncEngine, jurisdiction_id: str | None, language: str) -> list[dict[str, Any]]:
    """What can be reported to a community; confidential categories are not offered.

    Raises
    ------
    InvalidParameter, NotFound
        As `find_jurisdiction`.
    """
    async with engine.connect() as connection:
        numbers = numbers_of(await find_jurisdiction(connection, jurisdiction_id))
    return [
        {
            "service_code": category.code,
            "service_name": category.title.get(language),
            "description": _description(category, language, numbers),
            "metadata": True,
            "type": "batch",
            "keywords": LAYERS[category.layer].short.get(language),
            "group": LAYERS[category.layer].title.get(language),
        }
        for category in OFFERED.values()
    ]


def call_first(category: Category, language: str, numbers: Mapping[str, str]) -> list[str]:
    """Whom to call before anything is sent, if anybody."""
    return [] if category.call_first is None else [category.call_first.get(language).format_map(numbers)]


def _description(category: Category, language: str, numbers: Mapping[str, str]) -> str:
    """Whom to call first, what it is, and what everyone will see of it."""
    hint = category.hint.get(language).rstrip(".") + "."
    return " ".join([*call_first(category, language, numbers), hint, _SHOWN[category.tier].get(language)])


async def describe_service(
    engine: AsyncEngine, jurisdiction_id: str | None, service_code: str, language: str
) -> dict[str, Any]:
    """What a service asks beside the place: how bad, when, who, and the category's own questions.

    Raises
    ------
    InvalidParameter
        If nothing says which community.
    NotFound
        If there is no such community or service.
    """
    async with engine.connect() as connection:
        await find_jurisdiction(connection, jurisdiction_id)
    if service_code not in OFFERED:
        raise NotFound("There is no such service; services.xml lists those there are.")
    own = [
        (question.code, "singlevaluelist", question.title, question.answers)
        for question in OFFERED[service_code].questions
    ]
    return {
        "service_code": service_code,
        "attributes": [
            {
                "variable": True,
                "code": code,
                "datatype": datatype,
                "required": False,
                "datatype_description": None,
                "order": order,
                "description": title.get(language),
                "values": [{"key": key, "name": words.get(language)} for key, words in values],
            }
            for order, (code, datatype, title, values) in enumerate([*_ATTRIBUTES, *own], start=1)
        ],
    }
