"""Migrations: they end at the tables as declared, from nothing and from a store made before them."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from model.errors import SortationError
from serving.store import Feedback, Store
from serving.store.connection import connect
from serving.store.migrate import FIRST, FOLDER, HEAD, REVISIONS
from serving.store.repository import now
from serving.store.tables import metadata


def test_migrations_make_exactly_the_declared_tables(url: str) -> None:
    engine = connect(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_store_made_before_migrations_is_taken_over(url: str) -> None:
    engine = connect(url)
    with engine.begin() as connection:
        for table in ("erasures", "trained_on", "job_items", "jobs", "remembered", "quotas", "keys"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        connection.execute(sa.text("DROP INDEX ix_predictions_requester"))
        connection.execute(sa.text("ALTER TABLE predictions DROP COLUMN requester"))
        connection.execute(sa.text("ALTER TABLE predictions DROP COLUMN tenant"))
        connection.execute(sa.text("DROP TABLE alembic_version"))
        connection.execute(
            sa.text(
                "INSERT INTO predictions VALUES "
                "('pred_1', '2026-01-02 03:04:05.000000', null, null, 's', 'b', '{}', '{}', 1, 'f')"
            )
        )
    engine.dispose()
    store = Store(url)
    assert store.get("pred_1").body == "b"
    store.close()


def rows(engine: sa.Engine, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT {columns} FROM {table} ORDER BY 1"))]  # noqa: S608


def test_every_row_of_the_first_revision_is_kept(url: str) -> None:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    columns = "id, created_at, item_id, channel, subject, body, labels, answer, model_version, fingerprint"
    said = "number, prediction_id, created_at, labels, correct, source, actor"
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, FIRST)
        for k in range(300):
            row = {"id": f"pred_{k:03}", "item": f"ticket-{k % 7}" if k % 3 else None, "body": f"“{k}” ünïcode 🚚"}
            connection.execute(
                sa.text(
                    f"INSERT INTO predictions ({columns}) VALUES "  # noqa: S608
                    "(:id, '2026-01-02 03:04:05.678901', :item, null, '', :body, '{\"a\": null}', '{}', 1, 'f')"
                ),
                row,
            )
            if k % 2:
                connection.execute(
                    sa.text(
                        "INSERT INTO feedback (prediction_id, created_at, labels, correct, source, actor) "
                        "VALUES (:id, '2026-01-02 03:04:05.678901', '{\"a\": \"b\"}', :ok, null, 'mara')"
                    ),
                    {"id": row["id"], "ok": k % 4 == 1},
                )
    before = rows(engine, "predictions", columns), rows(engine, "feedback", said)
    store = Store(url)
    assert (rows(engine, "predictions", columns), rows(engine, "feedback", said)) == before
    assert [len(part) for part in before] == [300, 150]
    assert store.get("pred_299").tenant == "default"
    assert len(list(store.corrections())) == 150
    assert store.say(Feedback("pred_000", now(), {"a": "b"}, False)) == 151
    store.close()
    engine.dispose()


def test_a_newer_versions_store_is_refused(url: str) -> None:
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SortationError, match="revision 9999"):
        Store(url)


def test_the_newest_revision_is_the_last_one() -> None:
    assert REVISIONS[-1] == HEAD


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql+pymysql://x/y", "pymysql|SQLite or PostgreSQL"),
        ("nonsense", "not a database address"),
        ("sqlite:////nowhere/at/all.db", "cannot be opened"),
        ("postgresql://sortation@127.0.0.1:1/none", r"cannot be opened|needs psycopg"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_a_sentence(address: str, said: str) -> None:
    with pytest.raises(SortationError, match=said):
        Store(address)
