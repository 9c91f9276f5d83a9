"""A report as the person who made it sees it, and as others would."""

from typing import Any

import shapely

from mapping.layers.vocabulary import Tier
from mapping.services.releases import released_values
from mapping.store.communities import Community
from mapping.store.reports import StoredReport


def preview(report: StoredReport, community: Community) -> dict[str, Any]:
    """What others would see of a report once the group has published it.

    Of a masked place only the radius: whoever could try places and read their masks could turn every mask back.
    """
    values = released_values(report, community)
    if values is None:
        return {"shown": False, "geometry": None}
    shown = {
        name: values[name]
        for name in ("category", "layer", "severity", "affected", "place", "description", "observed_on", "radius_m")
    }
    geometry = report.public_geometry if report.tier == Tier.T0 else None
    return {
        "shown": True,
        **shown,
        "when": report.when_seen,
        "geometry": None if geometry is None else shapely.geometry.mapping(geometry),
    }


def own_view(report: StoredReport) -> dict[str, Any]:
    """A report as the person who made it sees it."""
    return {
        "id": str(report.id),
        "category": report.category,
        "geometry": None if report.geometry is None else shapely.geometry.mapping(report.geometry),
        "place": report.place,
        "severity": report.severity,
        "when": report.when_seen,
        "affected": list(report.affected),
        "description": report.description,
        "answers": dict(report.answers),
        "observed_at": report.observed_at.isoformat(),
        "consents": dict(report.consents),
        "moderation": report.moderation,
        "status": report.status,
    }
