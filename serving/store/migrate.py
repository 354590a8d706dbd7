"""Brings a database to the tables of this version. Alembic is loaded only where something is to be done."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from model.errors import SortationError

FIRST, HEAD = "0001", "0004"
"""Oldest and newest revision. To change tables: write a file in migrations/versions and raise HEAD."""
REVISIONS = ("0001", "0002", "0003", "0004")
FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x50_52_54
"""Number of PostgreSQL's advisory lock around migrations."""


def migrate(engine: sa.Engine) -> None:
    """Creates or upgrades all tables, one process at a time. Raises SortationError on a newer version's database."""
    if _revision(engine) == HEAD:
        return
    with _alone(engine):
        found = _revision(engine)
        if found is not None and found not in REVISIONS:
            raise SortationError(f"the store has revision {found}; this version knows {', '.join(REVISIONS)}: upgrade")
        if found != HEAD:
            _upgrade(engine, found)


def _revision(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(engine: sa.Engine, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if found is None and sa.inspect(connection).has_table("predictions"):
            command.stamp(config, FIRST)  # made before migrations were kept
        command.upgrade(config, HEAD)


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(sa.text(f"SELECT pg_advisory_lock({LOCK})"))
            try:
                yield
            finally:
                connection.execute(sa.text(f"SELECT pg_advisory_unlock({LOCK})"))
        return
    if not engine.url.database:
        yield
        return
    with Path(f"{engine.url.database}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
