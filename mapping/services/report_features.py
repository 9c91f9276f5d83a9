"""Reports that come as GeoJSON features, by the service that takes every other report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from mapping.errors import FieldError, InvalidInput
from mapping.layers.categories import CATEGORIES
from mapping.services.limits import Sender
from mapping.services.reports import SubmittedReport, submit_report
from mapping.store.database import Database

MEMBERS = ("type", "id", "geometry", "properties")


@dataclass(frozen=True)
class CreatedReport:
    """A report that was sent as a feature: whose it is, and what its sender is told."""

    slug: str
    id: UUID
    submitted: SubmittedReport

    def feature(self) -> dict[str, Any]:
        """What its sender is told, as a feature: the report as it is kept, and the token once."""
        kept = dict(self.submitted.report)
        told = {
            "type": "Feature",
            "id": kept.pop("id"),
            "geometry": kept.pop("geometry"),
            "properties": {"community": self.slug, **kept},
            "public_preview": self.submitted.public_preview,
        }
        token = self.submitted.edit_token
        return told if token is None else {**told, "edit_token": token}


async def create_report(
    database: Database,
    layer: str,
    document: object,
    *,
    key: str | None,
    reporter_token: str | None,
    sender: Sender | None = None,
) -> CreatedReport:
    """Keep a report that is sent as a feature of a layer, once, however often it is sent.

    Parameters
    ----------
    database : Database
        Engines.
    layer : str
        To which the report's category must belong.
    document : object
        A GeoJSON Feature; its properties are those of a report, and `community`.
    key : str or None
        UUID under which it is sent; else the feature's id, else a new one.
    reporter_token : str or None
        The phone's own random token.
    sender : Sender, optional
        Who sends, for the limits; None is not limited.

    Raises
    ------
    InvalidInput
        If a field breaks a rule; nothing is written.
    Conflict
        If the id was used with other content, or for a report that was withdrawn.
    NotFound
        If there is no such community.
    TooMany
        If it is more than is taken from the sender now; nothing is written.
    """
    feature, properties = _read(document)
    report_id = _id(feature.get("id"), key)
    slug, category = properties.pop("community", None), properties.get("category")
    if not isinstance(slug, str):
        raise InvalidInput("A report belongs to a community.", [FieldError("properties.community", "must be its name")])
    if isinstance(category, str) and category in CATEGORIES and CATEGORIES[category].layer != layer:
        raise InvalidInput(
            "This category is of another collection.", [FieldError("properties.category", "is of another collection")]
        )
    payload = {**properties, "geometry": feature.get("geometry")}
    try:
        submitted = await submit_report(
            database, slug, report_id, payload, reporter_token=reporter_token, sender=sender
        )
    except InvalidInput as error:
        raise InvalidInput(error.detail, [_in_feature(one) for one in error.errors]) from None
    return CreatedReport(slug, report_id, submitted)


def _read(document: object) -> tuple[Mapping[str, Any], dict[str, Any]]:
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise InvalidInput("Send one GeoJSON feature.", [FieldError("type", "must be Feature")])
    if any(name not in MEMBERS for name in document):
        raise InvalidInput(
            "The feature has a member that is not known.", [FieldError("body", "may have only " + ", ".join(MEMBERS))]
        )
    properties = document.get("properties")
    if not isinstance(properties, dict) or "geometry" in properties:
        raise InvalidInput(
            "The properties of the feature cannot be used.",
            [FieldError("properties", "must be an object, and the geometry beside it")],
        )
    return document, dict(properties)


def _id(named: object, key: str | None) -> UUID:
    """The UUID of a feature or of the header; a new one where neither is said."""
    found: list[UUID] = []
    for field, text in (("id", named), ("Idempotency-Key", key)):
        if text is None:
            continue
        try:
            found.append(UUID(str(text)))
        except ValueError:
            raise InvalidInput("The id cannot be used.", [FieldError(field, "must be a UUID")]) from None
    if len(set(found)) > 1:
        raise InvalidInput("Two ids are said.", [FieldError("Idempotency-Key", "must be the id of the feature")])
    return found[0] if found else uuid4()


def _in_feature(error: FieldError) -> FieldError:
    """The field of a report, named as it lies in a feature."""
    is_beside = error.field.startswith(("geometry", "body", "Reporter-Token"))
    return error if is_beside else FieldError(f"properties.{error.field}", error.reason)
