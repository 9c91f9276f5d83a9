"""Bring a database to the schema of this version."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

LOCK_KEY = 0x6D617070696E67  # "mapping": one migration at a time, whichever process asks


def migrate(url: str) -> None:
    """Apply the migrations that are missing, in one transaction, one process at a time.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of a role that may create schemas, roles and extensions.
    """
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
