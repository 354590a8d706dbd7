"""Log lines as JSON, an object a line. No line ever holds a message's text, since nobody puts it there."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

EXTRAS = ("request_id", "tenant", "key", "ms")


class Lines(logging.Formatter):
    """One JSON object per record."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, what the record carries besides, and where an error came from."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key in EXTRAS if (value := getattr(record, key, None)) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = places(record)
        return json.dumps(line, ensure_ascii=False)


def places(record: logging.LogRecord) -> list[str]:
    """File and line of each step to an error; not its message, which might quote somebody."""
    trace = record.exc_info[2] if record.exc_info else None
    found = []
    while trace is not None:
        found.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found


def install(kind: str) -> None:
    """Sends the log to standard error: `json`, or text for people."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        Lines() if kind == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
