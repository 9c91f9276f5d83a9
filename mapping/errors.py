"""The one tree of errors. Services raise them; `api/problems.py` alone turns them into HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass

RETRY_AFTER_S = 5  # where the database or a worker is away


@dataclass(frozen=True)
class FieldError:
    """One field that was refused, and why. Never carries what was sent."""

    field: str
    reason: str


class MappingError(Exception):
    """Root of every error that this package raises on purpose.

    Parameters
    ----------
    detail : str
        One sentence: what is wrong and what to do. Holds nothing a person sent.
    errors : sequence of FieldError
        The fields that were refused, where there are any.
    """

    code = "error"
    title = "Something went wrong"
    status = 500

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class InvalidInput(MappingError):
    """What was sent breaks a rule; `errors` names each field."""

    code = "invalid-input"
    title = "Some of this cannot be accepted"
    status = 422


class InvalidParameter(InvalidInput):
    """A parameter of an address that a standard defines, or one it does not know."""

    code = "invalid-parameter"
    title = "A parameter cannot be used"
    status = 400


class Forbidden(MappingError):
    """What was shown, such as a key, does not open this."""

    code = "forbidden"
    title = "Not allowed"
    status = 403


class NotFound(MappingError):
    """No such thing, or none that may be shown: both answer alike."""

    code = "not-found"
    title = "Not found"
    status = 404


class NotServed(MappingError):
    """The address is there, but not for this method; `allowed` are those it is there for."""

    code = "not-served"
    title = "This cannot be done here"
    status = 405

    def __init__(self, detail: str, allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class Conflict(MappingError):
    """The same identifier was used before with other content, or the state does not allow this step."""

    code = "conflict"
    title = "This conflicts with what is stored"
    status = 409


class Changed(MappingError):
    """What is decided on was changed since it was read: it has to be read again."""

    code = "changed"
    title = "Changed since it was read"
    status = 412


class TooLarge(MappingError):
    """The body or file is over the limit."""

    code = "too-large"
    title = "Too large"
    status = 413


class TooSlow(MappingError):
    """The body did not arrive in time."""

    code = "too-slow"
    title = "Too slow"
    status = 408


class TooMany(MappingError):
    """More was sent than is taken in an hour; the same may be sent later.

    Parameters
    ----------
    detail : str
        One sentence.
    retry_after_s : int
        Seconds until the hour ends, and with it the count.
    proof : str
        What became of the proof of work that came with it.
    """

    code = "too-many"
    title = "Too much at once"
    status = 429

    def __init__(self, detail: str, *, retry_after_s: int, proof: str) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.proof = proof


class Unavailable(MappingError):
    """A part that is needed (database, worker) does not answer now."""

    code = "unavailable"
    title = "Not available right now"
    status = 503


class DatabaseAway(Unavailable):
    """The database does not answer, or not in time."""

    def __init__(self) -> None:
        super().__init__("The database does not answer in time; try again in a few seconds.")


class GeodesyError(InvalidInput):
    """A coordinate reference system is missing, or not the one needed."""

    code = "geodesy"
    title = "Coordinates cannot be used"


class AnalysisError(InvalidInput):
    """The data or parameters given to an analysis cannot give an honest answer."""

    code = "analysis"
    title = "The analysis cannot be made"


class UnreadableFile(InvalidInput):
    """A file is truncated, damaged or not of the kind its name says."""

    code = "unreadable-file"
    title = "The file cannot be read"


class EmbeddedDatabaseError(MappingError):
    """The private PostGIS cluster cannot be found, initialised or started."""

    code = "embedded-database"
    title = "The database cannot be started"
    status = 503


class ForeignAsset(MappingError):
    """A map page would load something that is not served by us."""

    code = "foreign-asset"
    title = "A map would load a foreign file"
