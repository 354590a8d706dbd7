"""A database at an address, with its tables as this version wants them."""

from typing import Any

import sqlalchemy as sa

from model.errors import SortationError
from serving.store.migrate import migrate

StoreFault = sa.exc.SQLAlchemyError
"""What a store raises where the database does not do as told: full, locked, gone."""


def connect(url: str) -> sa.Engine:
    """An engine for SQLite or PostgreSQL, migrated. Raises SortationError that says what is missing or wrong."""
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    try:
        # The connection that was used last is used next: SQLite's has the pages that are wanted, any other reads them.
        engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"), pool_use_lifo=True)
    except ModuleNotFoundError as error:
        raise SortationError(f"the store at this address needs {error.name}; install sortation[postgres]") from error
    except sa.exc.ArgumentError as error:
        raise SortationError("the store's address is not a database address such as postgresql://host/name") from error
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise SortationError(f"the store runs on SQLite or PostgreSQL, not on {engine.dialect.name}")
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        migrate(engine)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, sa.exc.OperationalError):
            raise SortationError(f"the store cannot be opened: {str(error.orig).strip().splitlines()[0]}") from error
        raise
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Readers beside one writer, nothing acknowledged that is not on disk, patience with locks, erased is erased."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
