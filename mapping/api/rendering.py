"""How a page for people is made: its templates, its language, what every page says, and errors in plain words."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from mapping.errors import FieldError, NotFound
from mapping.languages import LANGUAGES, SOURCE, called, in_figures, in_language, month_in_words, translations
from mapping.layers.emergency_numbers import DEFAULT_NUMBERS, dialled
from mapping.layers.texts import SLUG
from mapping.layers.vocabulary import AFFECTED, SEVERITIES, WHEN
from mapping.web import web_dir

_WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")
Slug = Annotated[str, Path(pattern=f"^{SLUG}$", description="Community.")]


async def page_language(lang: Annotated[str, Path(description="Language of the words.")]) -> str:
    """The language an address begins with.

    Raises
    ------
    NotFound
        If pages do not speak it: such an address leads nowhere, as any other that is not there.
    """
    if lang not in LANGUAGES:
        raise NotFound("There are no pages in this language.")
    return lang


Language = Annotated[str, Depends(page_language)]


@lru_cache(maxsize=len(LANGUAGES))
def templates(language: str) -> Environment:
    """The templates, speaking one language.

    Parameters
    ----------
    language : str
        A code of `LANGUAGES`.
    """
    environment = Environment(
        loader=FileSystemLoader(web_dir() / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.globals["ngettext"] = _in_figures(environment.globals["ngettext"], language)
    environment.globals["languages"] = {code: called(code) for code in LANGUAGES}
    environment.filters["figures"] = lambda number, digits=1: in_figures(number, language, digits)
    environment.filters["spoken"] = lambda kept: in_language(kept, language)
    environment.filters["tel"] = as_link
    environment.filters["with_numbers"] = with_numbers
    environment.filters["month"] = lambda day: month_in_words(day, language)
    return environment


def as_link(number: str) -> Markup:
    """A number that a tap calls."""
    return Markup('<a class="tel" href="tel:{}">{}</a>').format(dialled(number), number)


def with_numbers(words: str, numbers: Mapping[str, str]) -> Markup:
    """Words that name numbers by their codes in braces, with the numbers as links."""
    return escape(words).format_map({code: as_link(number) for code, number in numbers.items()})


def _in_figures(ngettext: Any, language: str) -> Callable[..., str]:
    """The templates' `ngettext`, which says the number as the language writes it."""

    @pass_context
    def say(context: Context, one: str, other: str, number: int, **values: Any) -> str:
        said: str = ngettext(context, one, other, number, **{"num": in_figures(number, language), **values})
        return said

    return say


def render(request: Request, template: str, language: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A page in one language.

    Parameters
    ----------
    request : Request
        Its path gives the address of the same page in other languages.
    template : str
        File in `web/templates`.
    language : str
        A code of `LANGUAGES`.
    status_code : int
        HTTP status.
    **context
        What the template shows; `community` (None where there is none), `page`, `path` (the address after the language,
        None where the page has none in others) and `in_languages` (its addresses by language) have defaults.
        `numbers` to call are the community's, else the country's; `is_simulated`, whether all shown is invented,
        is the community's unless it is given.
    """
    first, _, path = request.url.path.lstrip("/").partition("/")
    values = {
        "community": None,
        "page": template.removesuffix(".html"),
        "path": f"/{path}".rstrip("/") if first in LANGUAGES else None,
        **context,
        "language": language,
    }
    at = values["path"]
    values.setdefault("in_languages", {} if at is None else {code: f"/{code}{at}" for code in LANGUAGES})
    values.setdefault("is_simulated", values["community"] is not None and values["community"]["is_simulated"])
    values["numbers"] = DEFAULT_NUMBERS if values["community"] is None else values["community"]["numbers"]
    page = templates(language).get_template(template).render(values)
    return HTMLResponse(page, status_code=status_code, headers={"Cache-Control": "no-store"})


def said_otherwise(request: Request, **said: str) -> str:
    """The address asked for with some parameters said otherwise, without the server's name."""
    return f"{request.url.path}?{request.url.include_query_params(**said).query}"


def vocabulary_words(language: str) -> dict[str, Any]:
    """Severity, time and people in one language, as templates and scripts say them."""
    return {
        "severities": [text.get(language) for text in SEVERITIES],
        "when": {code: text.get(language) for code, text in WHEN.items()},
        "affected": {code: text.get(language) for code, text in AFFECTED.items()},
    }


def prefers_page(accept: str) -> bool:
    """Whether a client that says so would rather have a page than JSON (RFC 9110 section 12.5.1)."""
    if "text/html" not in accept:
        return False
    weights = {"text/html": 0.0}
    for part in accept.replace(" ", "").lower().split(","):
        kind, _, weight = part.partition(";q=")
        weights[kind] = float(weight) if _WEIGHT.fullmatch(weight) else 1.0
    others = [weight for kind, weight in weights.items() if kind.endswith("json") or kind in ("*/*", "application/*")]
    return weights["text/html"] > 0 and weights["text/html"] >= max(others, default=0.0)


def preferred_language(request: Request) -> str:
    """The language asked for by `lang`, or by a browser first, if pages speak it; else English."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    first = re.split(r"[^a-z]", request.headers.get("accept-language", "").lower(), maxsplit=1)[0]
    return first if first in LANGUAGES else SOURCE


def error_page(request: Request, status: int, errors: Sequence[FieldError] = ()) -> HTMLResponse:
    """An error in plain words, in the language of the address.

    Parameters
    ----------
    request : Request
        Only its path and language are looked at.
    status : int
        HTTP status.
    errors : sequence of FieldError
        What is wrong with which parameter, for people who write addresses themselves.
    """
    first = request.url.path.split("/", 2)[1]
    language = first if first in LANGUAGES else preferred_language(request)
    return render(
        request,
        "error.html",
        language,
        status_code=status,
        status=status,
        asked_path="/" + request.url.path.lstrip("/\\") + (f"?{request.url.query}" if request.url.query else ""),
        path=None,
        errors=errors,
    )
