"""What was trained last, so that a run whose inputs did not change can be skipped without asking the registry."""

import json
from pathlib import Path

STAMP = "trained.json"


def is_current(home: Path, key: str) -> bool:
    """Whether the last run in `home` had these inputs and its registry is still there."""
    try:
        stamp = json.loads((home / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stamp, dict) and stamp.get("inputs") == key and (home / "mlflow.db").exists()


def put_stamp(home: Path, key: str) -> None:
    """Notes that these inputs have been trained on."""
    draft = home / f"{STAMP}.draft"
    draft.write_text(json.dumps({"inputs": key}), encoding="utf-8")
    draft.replace(home / STAMP)
