"""The commands that look at what is served: drift, shadow."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from model.errors import SortationError
from sortation.frame import DEFAULT_TENANT, Command, settings


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    drift = command("drift", _drift, "Compare what was served with what training expects.")
    drift.add_argument("--tenant", default=DEFAULT_TENANT)
    window = drift.add_mutually_exclusive_group()
    window.add_argument("--days", type=float, default=7, help="how far to look back (default: 7)")
    window.add_argument("--since", metavar="DATE", help="or from when on, such as 2026-01-31 or 2026-01-31T08:00")
    drift.add_argument("--html", type=Path, metavar="PAGE", help="write a page as well")
    drift.add_argument("--json", action="store_true", help="print a JSON object in place of the table")
    shadow = command("shadow", _shadow, "Compare the version in shadow with the one that answers.")
    shadow.add_argument("--tenant", default=DEFAULT_TENANT)
    shadow.add_argument("--json", action="store_true", help="print a JSON object in place of the table")


def _drift(told: argparse.Namespace) -> None:
    from model.drift import worst
    from serving import commands
    from serving.drift import lines, measured
    from serving.drift_page import page
    from serving.models import last_good, newest
    from serving.watching import address, with_own_model

    server = settings(told)
    where = address(server, told.tenant if told.tenant in with_own_model(server) else DEFAULT_TENANT)
    served = last_good(where) or newest(where)
    with commands.opened(server) as store:
        found = measured(store, served, _since(told), told.tenant)
    if told.html:
        told.html.write_text(page(found), encoding="utf-8")
    if told.json:
        plain = asdict(found) | {"since": found.since.isoformat(), "verdict": worst(found.signals)}
        print(json.dumps(plain, ensure_ascii=False))
    else:
        print("\n".join(lines(found)))


def _shadow(told: argparse.Namespace) -> None:
    from serving import commands
    from serving.shadow import compared, lines

    with commands.opened(settings(told)) as store:
        pairing = store.shadows.newest(told.tenant)
        if pairing is None:
            raise SortationError("nothing was compared yet: serve with SORTATION_SHADOW=challenger")
        found = compared(store, told.tenant, pairing)
    print(json.dumps(found, ensure_ascii=False) if told.json else "\n".join(lines(found)))


def _since(told: argparse.Namespace) -> datetime:
    if told.since is None:
        try:
            return datetime.now(UTC) - timedelta(days=told.days)
        except OverflowError as error:
            raise SortationError(f"--days {told.days:g} is further back than dates go") from error
    try:
        moment = datetime.fromisoformat(told.since)
    except ValueError as error:
        raise SortationError(f"{told.since!r} is not a date such as 2026-01-31 or 2026-01-31T08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
