"""What the plain form sends, turned into the report on the wire; its faults in plain words beside the fields."""

import gettext
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData

from mapping.errors import FieldError, InvalidInput

_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,20})?")
_TOKEN = re.compile(r"[!-~]{22,200}")


@dataclass(frozen=True)
class Answers:
    """What a person has filled in, as text, so that the form can show it again unchanged.

    `longitude` and `latitude` in degrees, EPSG:4326, empty unless the person chose a place on the map. A stretch of
    street in words has `street`, `street_from` and `street_to`.
    """

    category: str = ""
    place: str = ""
    street: str = ""
    street_from: str = ""
    street_to: str = ""
    longitude: str = ""
    latitude: str = ""
    severity: str = ""
    when: str = ""
    affected: tuple[str, ...] = ()
    description: str = ""
    may_publish: bool = False
    may_tell_police: bool = False
    reporter_token: str | None = None

    def place_words(self, _: Callable[[str], str]) -> str:
        """All words for the place, those of a stretch behind the others."""
        stretch = (self.street, self.street_from, self.street_to)
        words = ", ".join(filter(None, stretch))
        if all(stretch):
            named = {"street": self.street, "start": self.street_from, "end": self.street_to}
            words = _("%(street)s, from %(start)s to %(end)s") % named
        return " ".join("; ".join(filter(None, (self.place, words))).split())

    def payload(self, say: Callable[[str], str]) -> dict[str, Any]:
        """The report as programs send it. What is not a number stays text and is refused with its field named.

        Parameters
        ----------
        say : callable
            Gives a message in the page's language.
        """
        is_placed = bool(self.longitude or self.latitude)
        return {
            "category": self.category,
            "geometry": {"type": "Point", "coordinates": [degrees(self.longitude), degrees(self.latitude)]}
            if is_placed
            else None,
            "place": self.place_words(say) or None,
            "severity": int(self.severity) if re.fullmatch("[1-4]", self.severity) else None,
            "when": self.when,
            "affected": list(self.affected),
            "description": self.description.replace("\r\n", "\n").strip() or None,
            "answers": {},
            "consents": {
                # The words beside the button say so: whoever sends lets the mark be kept and read by the group.
                "store": True,
                "working_group": True,
                "police": self.may_tell_police,
                "publish": self.may_publish,
            },
        }


NO_ANSWERS = Answers()


def degrees(text: str) -> float | str:
    """A number as people write degrees; what is none stays text, to be refused with its field named."""
    return float(text) if _DEGREES.fullmatch(text) else text


async def read_form(request: Request, max_fields: int) -> FormData:
    """The fields of a form, without files.

    Raises
    ------
    InvalidInput
        If it cannot be read as UTF-8.
    """
    charset = _CHARSET.search(request.headers.get("content-type", ""))
    if charset is not None and charset[1].lower() not in ("utf-8", "utf8"):
        raise InvalidInput("The form cannot be read.", [FieldError("form", "must be UTF-8")])
    return await request.form(max_fields=max_fields, max_files=0)


async def read_own_form(request: Request, max_fields: int) -> FormData:
    """The fields of a form of ours, without files.

    Raises
    ------
    InvalidInput
        If it cannot be read as UTF-8, or was sent by a page of somebody else.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise InvalidInput("This form was sent from another site.", [FieldError("form", "send it from our own page")])
    return await read_form(request, max_fields)


def read_answers(form: FormData) -> Answers:
    """The fields of the form; unknown ones are passed over.

    Parameters
    ----------
    form : FormData
        Parsed body.
    """

    def text(name: str) -> str:
        value = form.get(name)
        return value.strip() if isinstance(value, str) else ""

    token = text("reporter_token")
    return Answers(
        category=text("category"),
        place=text("place"),
        street=text("street"),
        street_from=text("street_from"),
        street_to=text("street_to"),
        longitude=text("lon"),
        latitude=text("lat"),
        severity=text("severity"),
        when=text("when"),
        affected=tuple(dict.fromkeys(str(code) for code in form.getlist("affected"))),
        description=text("description"),
        may_publish=text("publish") == "yes",
        may_tell_police=text("police") == "yes",
        reporter_token=token if _TOKEN.fullmatch(token) else None,
    )


def faults_in_words(errors: Sequence[FieldError], translations: gettext.NullTranslations) -> dict[str, str]:
    """One plain sentence for each field of the form that has to be mended, in the order of the form.

    Parameters
    ----------
    errors : sequence of FieldError
        As the service gives them, with field paths of the wire.
    translations : gettext.NullTranslations
        Of the page's language.

    Returns
    -------
    dict of str to str
        Field of the form → sentence.
    """
    sentences = _sentences(translations.gettext)
    found = {_form_field(error.field) for error in errors}
    if "place" in found and any(error.field.startswith("geometry.") for error in errors):
        sentences = {**sentences, "place": sentences["point"]}
    return {field: sentences[field] for field in sentences if field in found}


def _form_field(path: str) -> str:
    root = path.partition(".")[0]
    known = {"category", "place", "severity", "when", "affected", "description"}
    return root if root in known else "place" if root == "geometry" else "form"


def _sentences(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "category": _("Choose what is there."),
        "place": _("Say in words where it is, in up to 200 characters, or show it on the map."),
        "severity": _("Choose how bad it is."),
        "when": _("Choose when it is so."),
        "affected": _("Choose from the list who is affected."),
        "description": _("Make this text shorter: up to 2,000 characters."),
        "form": _("Something did not arrive as it should. Please send it once more."),
        "point": _("This place lies outside the community. Move the map, or say it in words."),
    }
