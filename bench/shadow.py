"""What a challenger in shadow costs the answers: the same server without and with one, in turns.

`python -m bench.shadow`
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from bench.load import Load, closed_loop, request_of
from bench.machine import processor, versions
from bench.tables import spread, table, write
from model import bundle, signing
from model import taxonomy as taxonomies
from serving.models import CHALLENGER, CHAMPION, current
from training.corpus import Item, read_corpus
from training.fitting import Settings, fit
from training.reading import prepared, reference
from training.shares import share_out

ROOT = Path(__file__).resolve().parent.parent
KINDS = {"alone": "", "with a shadow": CHALLENGER}
CONNECTIONS = (1, 16)


def two_models(home: Path) -> list[Item]:
    """Puts a champion and a challenger into a home's cache; returns items that neither learned from."""
    taxonomy = taxonomies.load(ROOT / "data" / "taxonomy.yaml")
    shares = share_out(prepared(read_corpus(ROOT / "data" / "corpus", taxonomy)), 7)
    for version, (alias, items) in enumerate(((CHAMPION, shares.fit), (CHALLENGER, shares.fit[::2])), 1):
        made = fit(items, shares.calibration, taxonomy, Settings())
        folder = home / "models" / f"sortation-{version}"
        bundle.save(replace(made, reference=reference(made, shares.test)), folder)
        signing.sign(folder, signing.own_key(home))
        note = home / "models" / current("sortation", alias)
        note.write_text(json.dumps({"folder": folder.name, "version": version}), encoding="utf-8")
    return list(shares.test)


@contextmanager
def served(home: Path, alias: str) -> Iterator[int]:
    """A server of its own process over a home; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    told = {"SORTATION_SHADOW": alias, "SORTATION_REGISTRY": f"sqlite:///{home / 'none.db'}", "SORTATION_POLL": "3600"}
    words = [sys.executable, "-m", "sortation", "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(words, env=os.environ | told, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/health/ready"):
                    break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


def counted(port: int, name: str) -> float:
    """A number from the server's metrics."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def row(name: str, connections: int, loads: list[Load], seen: str) -> list[str]:
    """One line of the table."""
    return [
        f"{name}, {connections} connection{'s' * (connections > 1)}",
        spread([load.rate for load in loads], 0),
        *(spread([load.percentile(share) for load in loads], 2) for share in (0.5, 0.99)),
        seen,
    ]


def report(rounds: int, seconds: float) -> list[str]:
    """The table."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        home = Path(scratch) / "home"
        items = two_models(home)
        bodies = [item.document.text for item in items]
        requests = [request_of("/v1/classify", json.dumps({"body": body}).encode()) for body in bodies]
        ports = {}
        for name, alias in KINDS.items():
            shutil.copytree(home, own := Path(scratch) / name)
            ports[name] = stack.enter_context(served(own, alias))
        rows, ratios = [], []
        for connections in CONNECTIONS:
            loads: dict[str, list[Load]] = {name: [] for name in KINDS}
            before = counted(ports["with a shadow"], "sortation_shadow_items_total")
            for _ in range(rounds):
                for name, port in ports.items():
                    loads[name].append(asyncio.run(closed_loop(port, requests, connections, seconds)))
            looked = counted(ports["with a shadow"], "sortation_shadow_items_total") - before
            given = sum(load.answers for load in loads["with a shadow"])
            for name, found in loads.items():
                rows.append(row(name, connections, found, f"{100 * looked / given:.0f}" if KINDS[name] else "–"))
            pairs = zip(loads["with a shadow"], loads["alone"], strict=True)
            ratios.append(f"{connections}: {np.median([one.rate / other.rate for one, other in pairs]):.3f}")
    head = ["server", "answers a second", "median, ms", "99th percentile, ms", "seen by the shadow, %"]
    return [
        f"{processor()}; {versions()}. {rounds} rounds of {seconds:g} s each, in turns, client on the same machine.",
        table(head, rows),
        f"Answers a second with a shadow over those without, median of rounds, by connections: {', '.join(ratios)}.",
    ]


def main() -> None:
    """Parses, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.shadow", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the report")
    told = parser.parse_args()
    write(told.out / "shadow.md", "What a challenger in shadow costs", report(told.rounds, told.seconds))


if __name__ == "__main__":
    main()
