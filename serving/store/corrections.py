"""Corrections as JSON lines: the file in which serving and training meet."""

import json
import secrets
from pathlib import Path

from serving.store.repository import Store
from serving.store.tables import DEFAULT_TENANT

PREPARED = ("*.arrays", "*.draft")
"""Entries of training's cache in a home, whole and half-written ones; they hold the texts of corrections."""


def corrections_file(home: Path, tenant: str = DEFAULT_TENANT) -> Path:
    """Where a tenant's corrections are put for training."""
    return home / "corrections.jsonl" if tenant == DEFAULT_TENANT else home / "tenants" / tenant / "corrections.jsonl"


def correction_lines(store: Store, tenant: str = DEFAULT_TENANT) -> list[str]:
    """Every judged prediction of a tenant with its newest labels; of several for one item, the one judged last."""
    lines = {}
    for stored, word in store.corrections(tenant):
        line = {
            "id": stored.item_id or stored.id,
            "channel": stored.channel,
            "subject": stored.subject,
            "body": stored.body,
            **word.labels,
            "world": "corrections",
            "prediction": stored.id,
            "corrected_at": word.created_at.isoformat(),
            "actor": word.actor,
            "source": word.source,
        }
        lines[line["id"]] = json.dumps(line, ensure_ascii=False)
    return list(lines.values())


def export_corrections(store: Store, path: Path, tenant: str = DEFAULT_TENANT) -> list[str]:
    """Writes a tenant's corrections to `path`, whole or not at all; returns the predictions they are of."""
    lines = correction_lines(store, tenant)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(8)}.draft")  # its own: two exports may run at once
    try:
        draft.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return [str(json.loads(line)["prediction"]) for line in lines]


def forget_copies(store: Store, home: Path, tenant: str) -> None:
    """Takes what was erased out of the files that training reads: a tenant's corrections, and its prepared items.

    The cache of prepared items is one for all tenants and does not say whose they are: it is emptied, and the next
    training fills it again. Raises OSError where a file cannot be removed.
    """
    path = corrections_file(home, tenant)
    if path.exists():
        export_corrections(store, path, tenant)
    for pattern in PREPARED:
        for entry in (home / "cache").glob(pattern):
            entry.unlink(missing_ok=True)
