"""The commands about labels: doctor, suggest. They parse, call and print."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import SortationError
from sortation.frame import DEFAULT_TENANT, Command, own, settings

if TYPE_CHECKING:
    from model.classifier import Classifier
    from serving.settings import Settings as Server
    from training.quality import Examination
    from training.unlabelled import Text

SHOWN = 10
"""Findings of a kind that are printed; files have all."""


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    doctor = command("doctor", _doctor, "Look for labels that are wrong, repeated, mixed up, weak or strange.")
    doctor.add_argument("--corpus", type=Path, help="a .jsonl file or a folder of them (default: corpus/ in --data)")
    doctor.add_argument("--tenant", default=DEFAULT_TENANT, help="whose taxonomy and corpus")
    doctor.add_argument("--bar-items", type=int, default=20, help="items that every label should have (default: 20)")
    doctor.add_argument("--bar-f1", type=float, default=0.6, help="F1 that every label should reach (default: 0.6)")
    doctor.add_argument(
        "--fail-on", action="append", default=[], metavar="KIND", help="exit with 1 where KIND is found"
    )
    suggest = command("suggest", _suggest, "Say which unlabelled texts would teach most if somebody labelled them.")
    suggest.add_argument("files", nargs="*", type=Path, help="exports and folders: .jsonl, .csv, .xlsx, mails")
    suggest.add_argument("--served", action="store_true", help="take what was served and nobody has reviewed")
    suggest.add_argument("--count", type=int, default=100, help="how many to label next (default: 100)")
    suggest.add_argument("--corpus", type=Path, help="what is labelled already (default: corpus/ in --data)")
    suggest.add_argument("--tenant", default=DEFAULT_TENANT, help="whose model, corpus and predictions")
    for each in (doctor, suggest):
        each.add_argument("--csv", type=Path, metavar="FILE", help="write all rows as CSV")
        each.add_argument("--html", type=Path, metavar="PAGE", help="write a page")
        each.add_argument("--json", action="store_true", help="print a JSON object a line")


def _doctor(told: argparse.Namespace) -> None:
    from model import taxonomy as taxonomies
    from training.corpus import read_corpus
    from training.quality import KINDS, examine
    from training.quality.classes import Bar
    from training.quality.findings import COLUMNS
    from training.reading import prepared

    unknown = [kind for kind in told.fail_on if kind not in KINDS]
    if unknown:
        raise SortationError(f"there is no kind {unknown[0]!r} of finding; the kinds are {', '.join(KINDS)}")
    server, tenant = settings(told), own(told.tenant)
    taxonomy = taxonomies.load(server.own(tenant, "taxonomy.yaml"))
    items = prepared(read_corpus(told.corpus or server.own(tenant, "corpus"), taxonomy))
    found = examine(items, taxonomy, bar=Bar(told.bar_items, told.bar_f1), progress=_progress)
    rows = [each.as_row() for each in found.findings]
    kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in KINDS}
    _write(told, f"{found.items:,} labelled items, examined", COLUMNS, kinds, KINDS)
    if told.json:
        _print_json(rows)
    else:
        _print_findings(found)
    failed = [f"{found.counts[kind]} of kind {kind}" for kind in dict.fromkeys(told.fail_on) if found.counts[kind]]
    if failed:
        raise SortationError(f"there are findings: {', '.join(failed)}")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done + 1 == total else ""
        print(f"\rclassifier {done + 1} of {total}", end=end, file=sys.stderr, flush=True)


def _print_findings(found: "Examination") -> None:
    from training.quality import KINDS

    print(f"{found.items:,} items")
    for kind, about in KINDS.items():
        mine = found.of(kind)
        print(f"\n{kind}: {len(mine)}. {about}" if mine else f"\n{kind}: none")
        for each in mine[:SHOWN]:
            sure = "" if each.given_probability is None else f" ({each.given_probability:.2f}"
            sure += "" if each.proposed_probability is None else f" -> {each.proposed_probability:.2f}"
            change = " -> ".join(part for part in (each.given, each.proposed) if part)
            place = f"{each.id} ({each.where}) " if each.id else ""
            line = f"  {each.score:.2f}  {place}{each.level}: {change}{sure}{')' if sure else ''}"
            print("  ".join(part for part in (line, each.note, each.other[:80]) if part))
            if each.text:
                print(f"        {each.text[:110]}")
        if len(mine) > SHOWN:
            print(f"  and {len(mine) - SHOWN} more; --csv or --html shows all")


def _suggest(told: argparse.Namespace) -> None:
    from training.corpus import read_corpus
    from training.suggestion import suggest
    from training.unlabelled import COLUMNS, as_row, unlabelled

    if not (told.files or told.served):
        raise SortationError("there is nothing to choose from: name files, or say --served")
    server = settings(told)
    classifier = _champion(told, server)
    texts, faults = _texts(told, server, classifier.taxonomy.level_names)
    corpus = told.corpus or server.own(own(told.tenant), "corpus")
    labelled = read_corpus(corpus, classifier.taxonomy) if corpus.exists() else []
    texts = unlabelled(texts, labelled)
    counts = Counter(item.labels[-1] for item in labelled)
    wanted = {label: counts[label] for label in classifier.taxonomy.levels[-1].labels} if labelled else {}
    found = suggest(classifier, [text.document for text in texts], told.count, wanted)
    rows = [as_row(rank, each, texts[each.place]) for rank, each in enumerate(found, 1)]
    about = "Label these in this order, then train again: what teaches most changes with what is known."
    title = f"What to label next, out of {len(texts):,} texts"
    _write(told, title, COLUMNS, {"label next": rows}, {"label next": about})
    if told.json:
        _print_json(rows)
    else:
        for row in rows:
            print(f"{row['rank']:4}  {row['id']} ({row['where']})  {row['because']}\n      {row['text'][:110]}")
    for fault in faults[:SHOWN]:
        print(f"sortation: {fault}", file=sys.stderr)
    if faults:
        print(f"sortation: {len(faults)} of {len(faults) + len(texts)} rows were left out", file=sys.stderr)
    if not texts:
        raise SortationError("there is nothing to choose from: every text is labelled already, or none could be read")


def _champion(told: argparse.Namespace, server: "Server") -> "Classifier":
    from serving import models
    from serving.watching import address

    where = address(server, told.tenant)
    return (models.last_good(where) or models.newest(where)).classifier


def _texts(told: argparse.Namespace, server: "Server", levels: Sequence[str]) -> "tuple[list[Text], list[str]]":
    from model.document import Document
    from serving import commands
    from training.unlabelled import Text, read_texts

    texts, faults = read_texts(told.files, levels)
    if told.served:
        with commands.opened(server) as store:
            for row in store.unreviewed(told.tenant):
                key = row.item_id or row.id
                document = Document(row.subject, row.body, row.channel, key)
                texts.append(Text(key, document, f"prediction {row.id}"))
    return texts, faults


def _write(
    told: argparse.Namespace,
    title: str,
    columns: Sequence[str],
    sections: Mapping[str, list[dict[str, Any]]],
    about: Mapping[str, str],
) -> None:
    from training.listing import Section, as_csv, as_page

    rows = [row for each in sections.values() for row in each]
    try:
        if told.csv:
            told.csv.write_text(as_csv(rows, columns), encoding="utf-8")
        if told.html:
            parts = [Section(name, about[name], each) for name, each in sections.items()]
            told.html.write_text(as_page(title, parts), encoding="utf-8")
    except OSError as error:
        raise SortationError(f"{error.filename} cannot be written: {error.strerror}") from error


def _print_json(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
