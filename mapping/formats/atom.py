"""Atom feeds (RFC 4287) with tag URIs (RFC 4151): plain data in, bytes out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
FIRST_DAY = "2026-01-01"  # of the tags, and of a feed in which nothing has happened yet
_DNS_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


@dataclass(frozen=True)
class AtomEntry:
    """One entry. `day` is `YYYY-MM` or `YYYY-MM-DD`: no finer time is ever told."""

    id: str
    title: str
    day: str
    link: str
    summary: str


@dataclass(frozen=True)
class AtomFeed:
    """A feed; its own time is that of its newest entry."""

    id: str
    title: str
    author: str
    language: str
    link: str
    page: str
    entries: Sequence[AtomEntry]


def tag_uri(host: str, name: str) -> str:
    """A name that stays the same as long as the service keeps its host.

    Parameters
    ----------
    host : str
        Host name; what cannot stand in a tag URI becomes `localhost`.
    name : str
        Path-like name within the service.
    """
    authority = host.lower() if _DNS_NAME.fullmatch(host) else "localhost"
    return f"tag:{authority},{FIRST_DAY[:4]}:{name}"


def _moment(day: str) -> str:
    """The first moment of a month or a day, as RFC 3339 has it."""
    return f"{day}-01T00:00:00Z" if len(day) == len("YYYY-MM") else f"{day}T00:00:00Z"


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _link(parent: ElementTree.Element, relation: str, kind: str, address: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}link", {"rel": relation, "type": kind, "href": address})


def write_atom(feed: AtomFeed) -> bytes:
    """The feed as XML.

    Parameters
    ----------
    feed : AtomFeed
        Addresses absolute; texts without characters that XML refuses.

    Returns
    -------
    bytes
        UTF-8.
    """
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": feed.language})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", max((_moment(entry.day) for entry in feed.entries), default=_moment(FIRST_DAY)))
    _text(ElementTree.SubElement(root, f"{{{ATOM}}}author"), "name", feed.author)
    _link(root, "self", MEDIA_TYPE, feed.link)
    _link(root, "alternate", "text/html", feed.page)
    for entry in feed.entries:
        node = ElementTree.SubElement(root, f"{{{ATOM}}}entry")
        _text(node, "id", entry.id)
        _text(node, "title", entry.title)
        _text(node, "updated", _moment(entry.day))
        _link(node, "alternate", "text/html", entry.link)
        _text(node, "summary", entry.summary)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
