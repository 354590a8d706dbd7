"""The command that looks at labelled rows before they are trained on: check."""

import argparse
import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import SortationError
from sortation.frame import DEFAULT_TENANT, Command, own, settings

if TYPE_CHECKING:
    from serving.settings import Settings as Server
    from training.examination import Sources


def add(command: Command) -> None:
    """Adds the command to a parser."""
    check = command("check", _check, "Say everything that is wrong with labelled rows, and train on nothing.")
    add_sources(check)
    check.add_argument("--json", action="store_true", help="print a JSON object for each finding")
    check.add_argument("--csv", type=Path, metavar="FILE", help="write all findings there")


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Adds what says where labelled rows come from."""
    from training.findings import TOLERABLE

    about = "a .jsonl, .csv, .tsv, .parquet or .xlsx file, or a folder of them (default: corpus/ in --data)"
    parser.add_argument("--corpus", type=Path, help=about)
    parser.add_argument("--tenant", default=DEFAULT_TENANT, help="whose model, from its own data and corrections")
    said = "a fault that need not stop training; may be given again"
    parser.add_argument("--tolerate", action="append", default=[], choices=TOLERABLE, metavar="FAULT", help=said)


def corrections(told: argparse.Namespace, server: "Server") -> Path:
    """Where the tenant's corrections are."""
    from serving.store.corrections import corrections_file

    return corrections_file(server.home, told.tenant)


def sources(told: argparse.Namespace, server: "Server") -> tuple["Sources", list[str]]:
    """What to read, with the store's corrections written anew, and the predictions that those are of."""
    from serving import commands
    from serving.store.corrections import export_corrections
    from training.examination import Sources

    path, used = corrections(told, server), []
    if (server.home / "sortation.db").exists() or server.database:
        with commands.opened(server) as store:
            used = export_corrections(store, path, told.tenant)
    tenant = own(told.tenant)
    corpus = told.corpus or server.own(tenant, "corpus")
    cache = server.home / "cache"
    return Sources(server.own(tenant, "taxonomy.yaml"), corpus, path, cache, tuple(told.tolerate)), used


def _check(told: argparse.Namespace) -> None:
    from model import taxonomy as taxonomies
    from training.examination import examine
    from training.findings import as_rows, faults, table
    from training.fitting import Settings

    given, _ = sources(told, settings(told))
    found = examine(given, taxonomies.load(given.taxonomy), Settings().seed)
    rows = as_rows(found.findings)
    if told.json:
        print("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), end="")
    else:
        print(f"{found.rows:,} rows, {found.corrections:,} of them corrections; {len(found.items):,} items are sound")
        print("\n".join(table(found.findings, told.tolerate)) or "nothing is wrong with them")
    if told.csv:
        with told.csv.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, ("weight", "kind", "place", "said"))
            out.writeheader()
            out.writerows(rows)
    if stops := faults(found.findings, told.tolerate):
        raise SortationError(f"{len(stops)} fault{'s' * (len(stops) != 1)} would stop training")
