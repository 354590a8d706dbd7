"""Corrections as JSON lines: the file in which serving and training meet."""

import json
import secrets
from pathlib import Path

from serving.store.repository import Store
from serving.store.tables import DEFAULT_TENANT


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


def refresh_corrections(store: Store, home: Path, tenant: str) -> None:
    """Writes the file again where there is one, so that it holds nothing that was erased."""
    path = corrections_file(home, tenant)
    if path.exists():
        export_corrections(store, path, tenant)
