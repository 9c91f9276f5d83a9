"""The community's Atom feed: what is new on the map, told no finer than the map tells it."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from mapping.api.open_answers import RELEASED, is_known
from mapping.api.rendering import Language, Slug, vocabulary_words
from mapping.formats.atom import MEDIA_TYPE, AtomEntry, AtomFeed, tag_uri, write_atom
from mapping.languages import month_in_words, translations
from mapping.layers.states import STATUS_WORDS
from mapping.services.feeds import CommunityNews, community_news

router = APIRouter(include_in_schema=False)


@router.get("/{lang}/c/{slug}/feed.atom")
async def show_feed(request: Request, language: Language, slug: Slug) -> Response:
    """The newest released reports and changed hotspots; 304 to a reader that has them."""
    news = await community_news(request.app.state.database.public, slug, language)
    body = write_atom(_feed(request, news, language))
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**RELEASED, "ETag": etag}
    if is_known(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


def _feed(request: Request, news: CommunityNews, language: str) -> AtomFeed:
    _ = translations(language).gettext
    slug, host = news.community["slug"], request.url.hostname or ""
    home = f"{str(request.base_url).rstrip('/')}/{language}/c/{slug}"
    return AtomFeed(
        id=tag_uri(host, f"{slug}/{language}"),
        title=f"{news.community['name']}: {_('new on the map')}",
        author=news.community["name"],
        language=language,
        link=f"{home}/feed.atom",
        page=f"{home}/list",
        entries=[
            replace(told, id=tag_uri(host, f"{slug}/{language}/{told.id}"), link=home + told.link)
            for told in (*_told_of_hotspots(news, _), *_told_of_reports(news, language))
        ],
    )


def _told_of_hotspots(news: CommunityNews, _: Callable[[str], str]) -> Iterator[AtomEntry]:
    """What the newest analysis changed; ids and links are relative to the community."""
    day = news.changed_on
    if day is None:
        return
    said = _change_words(_)
    for spot in news.hotspots:
        yield AtomEntry(
            id=f"hotspot/{spot['id']}/{spot['change']}/{day}",
            title=f"{said[spot['change']]}: {spot['name']}",
            day=day,
            link=f"/hotspots#place-{spot['rank']}",
            summary=spot["words"][0] if spot["words"] else spot["badge_words"],
        )
    if news.gone:
        title = _("No longer among the worst places")
        yield AtomEntry(f"gone/{day}", title, day, "/hotspots/how", "; ".join(news.gone))


def _told_of_reports(news: CommunityNews, language: str) -> Iterator[AtomEntry]:
    """Each released report; ids and links are relative to the community."""
    for report in news.reports:
        yield AtomEntry(
            id=f"report/{report['id']}",
            title=", ".join(filter(None, (report["title"], report["place"]))),
            day=report["observed_on"],
            link=f"/report/{report['id']}",
            summary=_summary(report, language),
        )


def _change_words(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "new": _("New among the worst places"),
        "grown": _("More people than before"),
        "shrunk": _("Fewer people than before"),
    }


def _summary(report: Mapping[str, Any], language: str) -> str:
    words = vocabulary_words(language)
    told = (
        words["severities"][report["severity"] - 1],
        words["when"][report["when"]],
        month_in_words(report["observed_on"], language),
        STATUS_WORDS[report["status"]].get(language),
    )
    return " · ".join(told)
