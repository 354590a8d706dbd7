"""Corrections as JSON lines: the file in which serving and training meet."""

import json
import os
from pathlib import Path

from serving.store.repository import Store


def export_corrections(store: Store, path: Path) -> int:
    """Writes every judged prediction with its newest labels to `path`, whole or not at all; returns how many."""
    lines = []
    for stored, word in store.corrections():
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
        lines.append(json.dumps(line, ensure_ascii=False))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text("".join(line + "\n" for line in _newest(lines)), encoding="utf-8")
    draft.replace(path)
    return len(lines)


def _newest(lines: list[str]) -> list[str]:
    """Of several judged predictions for one item, the one judged last."""
    return list({json.loads(line)["id"]: line for line in lines}.values())
