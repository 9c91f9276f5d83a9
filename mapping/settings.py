"""Settings: read once from the environment by a door (`cli`, `app`, `worker`) and passed down."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set from outside; each field is the variable `MAPPING_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="MAPPING_", frozen=True)

    database_url: SecretStr | None = None
    """PostgreSQL URL of a given server; unset: the embedded cluster."""

    public_database_url: SecretStr | None = None
    """URL used by public routes (a replica, or another role); unset: derived from `database_url`."""

    data_dir: Path | None = None
    """Where the embedded cluster lives; unset: chosen by `store.embedded`."""

    photos_dir: Path | None = None
    """Where photos are kept; unset: the folder `photos` beside the embedded cluster's data."""

    postgres_bindir: Path | None = None
    """Folder of the PostgreSQL binaries to use for the embedded cluster; unset: searched for."""

    host: str = "127.0.0.1"
    """Address the server listens on."""

    port: int = 8000
    """Port the server listens on."""

    trusted_proxies: str = "127.0.0.1"
    """Addresses of proxies whose `X-Forwarded-For` is believed, with commas; networks may be given."""

    max_body_bytes: int = 262_144
    """Largest accepted request body, in bytes."""

    max_photo_bytes: int = 10_000_000
    """Largest accepted photo, in bytes."""

    statement_timeout_s: float = 10.0
    """Longest time one SQL statement of a request may take, in seconds."""

    sent_per_phone: int = Field(default=60, ge=1)
    """Reports, corrections and confirmations taken from one phone in an hour, with proof of work."""

    sent_per_address: int = Field(default=300, ge=1)
    """The same from one address, with proof of work: at least, and twice as many at most (`limits.room_of_address`)."""

    sent_without_proof: int = Field(default=30, ge=1)
    """The same from one address without proof of work, drawn alike."""

    proof_tries: int = Field(default=400, ge=2, le=100_000)
    """Most tries that a proof of work takes; the fewest are half as many."""

    proof_lifetime_s: int = Field(default=1200, ge=10)
    """How long a challenge for a proof of work holds, in seconds."""
