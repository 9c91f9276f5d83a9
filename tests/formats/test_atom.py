"""Feeds hold what RFC 4287 asks for, and a reader of feeds understands them."""

from xml.etree import ElementTree

import feedparser
import pytest

from mapping.formats.atom import ATOM, AtomEntry, AtomFeed, tag_uri, write_atom

HOSTILE = "<script>alert(1)</script> & \"'; ]]> ґ"
ENTRIES = (
    AtomEntry("tag:a.example,2026:t/report/1", HOSTILE, "2026-11-15", "http://a.example/1", HOSTILE),
    AtomEntry("tag:a.example,2026:t/report/2", "Circle", "2026-11", "http://a.example/2", "month alone"),
)


def feed(*entries: AtomEntry) -> AtomFeed:
    return AtomFeed(
        id="tag:a.example,2026:t",
        title=HOSTILE,
        author="Town",
        language="uk",
        link="http://a.example/feed.atom",
        page="http://a.example/list",
        entries=entries,
    )


def child_texts(node: ElementTree.Element, name: str) -> list[str]:
    return [found.text or "" for found in node.findall(f"{{{ATOM}}}{name}")]


@pytest.mark.parametrize("entries", [(), ENTRIES])
def test_what_the_rfc_requires_is_there_once(entries: tuple[AtomEntry, ...]) -> None:
    root = ElementTree.fromstring(write_atom(feed(*entries)))
    assert root.tag == f"{{{ATOM}}}feed"
    assert child_texts(root, "author") == [""]
    nodes = root.findall(f"{{{ATOM}}}entry")
    assert len(nodes) == len(entries)
    for node in (root, *nodes):  # 4.1.1, 4.1.2
        for name in ("id", "title", "updated"):
            assert len(child_texts(node, name)) == 1
        relations = [link.get("rel") for link in node.findall(f"{{{ATOM}}}link")]
        assert relations == (["self", "alternate"] if node is root else ["alternate"])
    identifiers = [child_texts(node, "id")[0] for node in nodes]
    assert len(set(identifiers)) == len(identifiers)


def test_a_reader_of_feeds_understands_it() -> None:
    read = feedparser.parse(write_atom(feed(*ENTRIES)))
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.updated == "2026-11-15T00:00:00Z"
    assert [entry.updated for entry in read.entries] == ["2026-11-15T00:00:00Z", "2026-11-01T00:00:00Z"]
    assert read.entries[0].title_detail.type == "text/plain"
    assert read.entries[0].title == HOSTILE
    assert read.entries[1].link == "http://a.example/2"


@pytest.mark.parametrize(
    ("host", "authority"),
    [
        ("Map.Town.ua", "map.town.ua"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "localhost"),
        ("a_b", "localhost"),
        ("", "localhost"),
    ],
)
def test_tags_have_a_name_that_may_stand_in_them(host: str, authority: str) -> None:
    assert tag_uri(host, "t/report/1") == f"tag:{authority},2026:t/report/1"
