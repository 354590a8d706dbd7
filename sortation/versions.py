"""The commands about registered versions: promote, rollback, compare, history."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import CorpusError, RoutingError, SortationError
from sortation.frame import DEFAULT_TENANT, Command, own, settings

if TYPE_CHECKING:
    from model.taxonomy import Taxonomy
    from serving.settings import Settings
    from training.comparison import Comparison
    from training.corpus import Item
    from training.gate import Candidate, Terms
    from training.pairing import Difference, Paired
    from training.registry import Registry, Version

SHOWN = 20
"""Ids of items won and lost that a table shows."""


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    promote = command("promote", _promote, "Make a registered version the champion, unless something objects.")
    promote.add_argument("version", nargs="?", default="challenger", help="number or alias (default: challenger)")
    promote.add_argument("--force", action="store_true", help="promote over objections, which the history then holds")
    rollback = command("rollback", _rollback, "Make the champion before the present one champion again.")
    rollback.add_argument("--to", type=int, metavar="N", help="this version, whatever the history says")
    compare = command("compare", _compare, "Measure two registered versions on the same labelled items.")
    compare.add_argument("first", metavar="A", help="number or alias")
    compare.add_argument("second", metavar="B", help="number or alias")
    for each in (promote, compare):
        each.add_argument("--corpus", type=Path, help="labelled items to measure on (default: the corpus in --data)")
    for each in (promote, rollback):
        each.add_argument("--reason", required=True, help="why, for the history")
        each.add_argument("--who", help="who, for the history (default: SORTATION_WHO, else the user)")
    history = command("history", _history, "List every promotion and rollback, the newest last.")
    for each in (compare, history):
        each.add_argument("--json", action="store_true", help="print JSON")
    for each in (promote, rollback, compare, history):
        each.add_argument("--tenant", default=DEFAULT_TENANT, help="whose model")


def terms_of(told: argparse.Namespace, server: "Settings", why: str, *, promote: bool = True) -> "Terms":
    """Who promotes and why, and what must fit: the taxonomy and the rules that a tenant is served."""
    from model import taxonomy as taxonomies
    from serving.finding import kinds_in
    from serving.routing import load
    from training.gate import Terms
    from training.history import whoami
    from training.promotion import foreign_labels

    tenant = own(told.tenant)
    served = taxonomies.load(server.own(tenant, "taxonomy.yaml"))
    rules = server.own(tenant, "routing.yaml")

    def misfits(taxonomy: "Taxonomy") -> list[str]:
        found = foreign_labels(taxonomy, served)
        try:
            if rules.exists():
                load(rules, taxonomy, kinds_in(server.patterns))
        except RoutingError as error:
            found += [f"the routing rules do not fit it: {fault}" for fault in error.faults]
        return found

    return Terms(whoami(told.who), why, promote, getattr(told, "force", False), misfits)


def _registry(told: argparse.Namespace, server: "Settings") -> "Registry":
    from serving.watching import address
    from training.registry import Registry

    return Registry(server.home, server.registry or None, address(server, told.tenant).name)


def _items(told: argparse.Namespace, server: "Settings") -> "list[Item]":
    """The labelled items to measure on, as a server would see them."""
    from serving.store.corrections import corrections_file
    from training.examination import Sources
    from training.fitting import Settings
    from training.run import read_inputs

    tenant = own(told.tenant)
    corpus = told.corpus or server.own(tenant, "corpus")
    corrections = None if told.corpus else corrections_file(server.home, told.tenant)
    return read_inputs(Sources(server.own(tenant, "taxonomy.yaml"), corpus, corrections), Settings()).items


def _candidate(version: "Version", registry: "Registry", server: "Settings", items: "Sequence[Item]") -> "Candidate":
    from model import bundle
    from training.gate import candidate

    classifier = bundle.load(registry.fetch(version, server.home / "models"), vectors=server.vectors)
    return candidate(version, classifier, registry, items)


def _promote(told: argparse.Namespace) -> None:
    from training.gate import go_out

    server = settings(told)
    registry = _registry(told, server)
    champion, version = registry.find("champion"), registry.get(told.version)
    if champion is not None and champion.number == version.number:
        print(f"version {version.number} is the champion already")
        return
    try:
        items = _items(told, server)
    except CorpusError as error:
        if not told.force:
            raise
        print(f"it cannot be measured: {error}")
        items = []
    mine = _candidate(version, registry, server, items)
    terms = terms_of(told, server, told.reason)
    objections = go_out(registry, mine, server.home / "models", terms, lambda line: print(f"  {line}"))
    if objections and not told.force:
        listed = "".join(f"\n  - {each}" for each in objections)
        raise SortationError(f"version {version.number} is not promoted (--force does it nevertheless):{listed}")
    for each in objections:
        print(f"  over the objection: {each}")
    print(f"version {version.number} is the champion; running servers take over by themselves")


def _rollback(told: argparse.Namespace) -> None:
    from training.gate import roll_back

    server = settings(told)
    terms = terms_of(told, server, told.reason)
    done = roll_back(_registry(told, server), told.to, terms, server.home / "models", server.vectors)
    print(f"version {done.after} is the champion again, in place of version {done.before}; running servers take over")


def _history(told: argparse.Namespace) -> None:
    entries = _registry(told, settings(told)).history()
    if told.json:
        print(json.dumps([entry.as_plain() for entry in entries], indent=1, ensure_ascii=False))
        return
    if not entries:
        print("nothing was ever promoted")
    for entry in entries:
        when = entry.when.strftime("%Y-%m-%d %H:%M:%S") if entry.when else ""
        moved = f"{'none' if entry.before is None else entry.before} -> {entry.after}"
        print(f"{when}  {entry.kind:9}  {moved:>12}  {entry.who:16}  {'forced  ' if entry.forced else ''}{entry.why}")
        for each in entry.objections:
            print(f"    over the objection: {each}")


def _compare(told: argparse.Namespace) -> None:
    from training.gate import compared

    server = settings(told)
    registry = _registry(told, server)
    versions = [registry.get(which) for which in (told.first, told.second)]
    items = _items(told, server)
    first, second = (_candidate(version, registry, server, items) for version in versions)
    seen = compared(first, second)
    numbers = (first.version.number, second.version.number)
    if told.json:
        plain = {"versions": numbers, "left_out": len(items) - seen.items} | seen.as_plain()
        print(json.dumps(plain, indent=1, ensure_ascii=False))
    else:
        print(f"version {numbers[1]} against version {numbers[0]} on {seen.items} items that neither was made with")
        _show(seen)


def _show(seen: "Comparison") -> None:
    print(f"{'':38}{'A':>8}{'B':>8}   {'B - A, 95 %':24} won  lost       p")
    _line("every level right", seen.accuracy, seen.paired)
    for level in seen.levels:
        _line(f"{level.level} accuracy", level.accuracy, level.paired)
        _line(f"{level.level} macro-F1", level.macro_f1)
        print("{:38}{:8.3f}{:8.3f}".format(f"{level.level} calibration error", *level.calibration_error))
    for row in seen.promises:
        _line(f"handled alone at {row.error_rate:.0%} errors", row.coverage, row.paired)
        print("{:38}{:8.3f}{:8.3f}".format("  wrong among those", *row.error))
    differing = sorted((row for row in seen.classes if row.paired.won + row.paired.lost), key=lambda row: row.paired.p)
    for each in differing:
        _line(f"F1 {each.level} {each.label} ({each.support})", each.f1, each.paired)
    print(f"{len(seen.classes) - len(differing)} of {len(seen.classes)} classes are told alike")
    print("{:38}{:8,.0f}{:8,.0f}".format("texts a second", *seen.speed))
    for name, ids in (("won", seen.won), ("lost", seen.lost)):
        more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
        print(f"{name:5} {', '.join(ids[:SHOWN]) or 'none'}{more}")


def _line(name: str, rate: "Difference", paired: "Paired | None" = None) -> None:
    gap = f"{rate.second - rate.first:+.3f} [{rate.low:+.3f}, {rate.high:+.3f}]"
    tested = "" if paired is None else f" {paired.won:3}{paired.lost:6}  {paired.p:6.3f}"
    print(f"{name:38}{rate.first:8.3f}{rate.second:8.3f}   {gap:24}{tested}".rstrip())
