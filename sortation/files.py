"""The commands that read files: classify, entities, import. They parse, call and print."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from model.classifier import Classifier
from model.document import CHANNELS, Document
from model.errors import SortationError
from model.explanation import explain
from sortation.frame import Command, settings

T = TypeVar("T")
BATCH = 64
"""Documents that are classified in one pass."""


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    classify = command("classify", _classify, "Classify texts and files without a server.")
    classify.add_argument("what", nargs="+", help="files, folders, or one text; - reads standard input")
    classify.add_argument("--subject", default="")
    classify.add_argument("--channel", default=None, help=", ".join(CHANNELS))
    classify.add_argument("--json", action="store_true", help="print a JSON object a line")
    classify.add_argument("--explain", action="store_true", help="say which words carried each label")
    find = command("entities", _entities, "List the identifiers in a text or a file.")
    find.add_argument("what", help="a text, or the name of a file; - reads standard input")
    find.add_argument("--patterns", type=Path, action="append", default=[], help="further patterns, to try them")
    find.add_argument("--json", action="store_true", help="print a JSON object a line")
    bring = command("import", _import, "Turn an export into items of a corpus.")
    bring.add_argument("source", type=Path, help=".csv, .tsv, .xlsx, .jsonl, .json, .mbox, .eml, or a folder of them")
    bring.add_argument("--out", type=Path, required=True, help="the .jsonl file for items with labels")
    bring.add_argument("--unlabelled", type=Path, help="the one for items without (default: beside --out)")
    bring.add_argument("--reject-unlabelled", action="store_true", help="reject rows without labels")
    bring.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD", help="what a column holds")
    bring.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="a value for rows without one")
    bring.add_argument("--world", help="the same as --set world=WORLD")
    bring.add_argument("--rejected", type=Path, help="a .jsonl file for every rejected row with its reason")
    bring.add_argument("--replace", action="store_true", help="replace files that exist")


def progress(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, with a bar on standard error for many of them where somebody watches."""
    shown = total > 3 and sys.stderr.isatty()
    last = 0.0
    for done, item in enumerate(items, 1):
        yield item
        if shown and (done == total or time.monotonic() - last > 0.1):
            last = time.monotonic()
            bar = "█" * (30 * done // total)
            print(f"\r{bar:░<30} {done}/{total} {what}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def given(what: str) -> Path | str:
    """A file or folder that exists, or else a text. Raises SortationError for the name of a file that is not there."""
    if what == "-":
        return sys.stdin.read()
    try:
        if Path(what).exists():
            return Path(what)
    except (OSError, ValueError):  # too long for a name, or a NUL in it
        return what
    if Path(what).suffix and len(what) < 256 and not what.endswith(".") and " " not in what:
        raise SortationError(f"there is no file {what}")
    return what


def _documents(told: argparse.Namespace) -> Iterator[tuple[str, Document | None, str]]:
    """Name, document and error of everything that was given."""
    from model import sources

    several = len(told.what) > 1
    places = [Path(each) if several else given(each) for each in told.what]
    texts = [each for each in places if isinstance(each, str)]
    for text in texts:
        if not (text.strip() or told.subject.strip()):
            raise SortationError("there is nothing to classify: the text is empty")
        yield "", Document(told.subject, text, told.channel), ""
    files = sources.files([each for each in places if isinstance(each, Path)])
    if not files and not texts:
        raise SortationError("there is nothing to classify: the folder holds no files")
    from dataclasses import replace

    for file in progress(files, len(files), "files"):
        for source in sources.documents(file):
            document = source.document
            if document is not None:
                subject, channel = document.subject or told.subject, told.channel or document.channel
                document = replace(document, subject=subject, channel=channel)
            yield source.name, document, source.error or ""


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _classify(told: argparse.Namespace) -> None:
    from model.preparation import prepare_all
    from serving import models
    from serving.watching import address

    if told.channel is not None and told.channel not in CHANNELS:
        raise SortationError(f"channel {told.channel!r} is unknown; it is one of {', '.join(CHANNELS)}")
    server = settings(told)
    where = address(server)
    classifier = (models.last_good(where) or models.newest(where)).classifier
    total = failed = 0
    for batch in _batches(_documents(told)):
        read = [(name, document) for name, document, _ in batch if document is not None]
        prepared = prepare_all((document, None) for _, document in read)
        seen = [(name, each) for (name, _), each in zip(read, prepared, strict=True)]
        for name, document, error in batch:
            if document is None:
                print(f"sortation: {name}: {error}", file=sys.stderr)
        found = classifier.predict([each.document for _, each in seen])
        for (name, each), prediction in zip(seen, found, strict=True):
            doubts = [*prediction.doubts, *each.doubts(classifier.languages)]
            levels = {x.level: {"label": x.name, "confidence": round(x.probability, 4)} for x in prediction.labels}
            plain = {"source": name} if name else {}
            told_too = {"confidence": round(prediction.joint, 4), "doubts": doubts, "language": each.language[0]}
            if told.explain:
                told_too["because"] = because(classifier, each.document, prediction.names)
            _show({**plain, **levels, **told_too}, told.json, name, total + failed == 0)
            total += 1
        failed += len(batch) - len(seen)
    if failed:
        raise SortationError(f"{failed} of {total + failed} could not be read")


def because(classifier: Classifier, document: Document, labels: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """Level -> the words that carried its label, strongest first, each with what it added in logits."""
    return {
        each.level: [{"text": part.text or part.field, "weight": round(part.weight, 3)} for part in each.strongest(6)]
        for each in explain(classifier, document, labels)
    }


def _show(answer: dict[str, Any], as_json: bool, name: str, first: bool) -> None:
    levels = {key: value for key, value in answer.items() if isinstance(value, dict) and "label" in value}
    if as_json:
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    elif not name:
        for level, found in levels.items():
            print(f"{level:10} {found['label']:24} {found['confidence']:.2f}")
        if answer["doubts"]:
            print(f"doubts     {', '.join(answer['doubts'])}")
        for level, parts in answer.get("because", {}).items():
            print(f"{level:10} because of", ", ".join(f"{part['text']} {part['weight']:+.2f}" for part in parts))
    else:
        if first:
            print("  ".join([*(f"{level:22}" for level in levels), "sure", f"{'file':32}", "doubts"]))
        labels = "  ".join(f"{found['label']:22}" for found in levels.values())
        print(f"{labels}  {answer['confidence']:.2f}  {name:32}  {', '.join(answer['doubts'])}".rstrip())


def _entities(told: argparse.Namespace) -> None:
    from model import sources
    from model.entities import Finder
    from model.errors import ReadingError

    what = given(told.what)
    if isinstance(what, Path):
        read = [each for file in sources.files([what]) for each in sources.documents(file)]
        wrong = next((each for each in read if each.document is None), None)
        if wrong is not None:
            raise ReadingError("unread", f"{wrong.name}: {wrong.error}")
        what = "\n\n".join(each.document.text_with_parts for each in read if each.document is not None)
    try:
        found = Finder.load(settings(told).patterns, *told.patterns).find(what)
    except ModuleNotFoundError as error:
        raise SortationError('identifiers need the extra "entities": pip install "sortation[entities]"') from error
    except OSError as error:
        raise SortationError(f"{error.filename} cannot be read: {error.strerror}") from error
    for each in found:
        valid = {True: "valid", False: "wrong check digit", None: ""}[each.valid]
        if told.json:
            plain = {"type": each.kind, "value": each.text, "normalized": each.value, "valid": each.valid}
            print(json.dumps(plain | {"start": each.start, "end": each.end, "scheme": each.scheme}, ensure_ascii=False))
        else:
            print(f"{each.kind:16} {each.text:28} {each.value:28} {each.scheme or '':10} {valid}".rstrip())


def _pairs(told: Sequence[str], option: str) -> dict[str, str]:
    pairs = [each.rpartition("=") if option == "--map" else each.partition("=") for each in told]
    if any(not (left.strip() and sign and right.strip()) for left, sign, right in pairs):
        raise SortationError(f"{option} needs two names with = between them, such as {option} Betreff=subject")
    return {left.strip(): right.strip() for left, _, right in pairs}


def _import(told: argparse.Namespace) -> None:
    from model import taxonomy as taxonomies
    from training.importing import Wishes, import_items

    constants = _pairs(told.set, "--set") | ({"world": told.world} if told.world else {})
    wishes = Wishes(_pairs(told.map, "--map"), constants, not told.reject_unlabelled)
    taxonomy = taxonomies.load(settings(told).data / "taxonomy.yaml")
    unlabelled = told.unlabelled or told.out.with_suffix(f".unlabelled{told.out.suffix}")
    done = import_items(told.source, told.out, unlabelled, taxonomy, wishes, replace=told.replace)
    print("columns    " + ", ".join(f"{column} as {field}" for field, column in done.used.items()))
    print(f"labelled   {done.labelled}" + (f" in {told.out}" if done.labelled else ""))
    print(f"unlabelled {done.unlabelled}" + (f" in {unlabelled}" if done.unlabelled else ""))
    print(f"rejected   {sum(map(len, done.rejected.values()))}")
    for reason, places in sorted(done.rejected.items(), key=lambda each: -len(each[1])):
        more = f" and {len(places) - 10} more" if len(places) > 10 else ""
        print(f"  {len(places)}: {reason} ({', '.join(places[:10])}{more})")
    if told.rejected:
        lines = [json.dumps({"row": row, "reason": why}) for why, rows in done.rejected.items() for row in rows]
        told.rejected.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if not (done.labelled or done.unlabelled):
        raise SortationError("nothing was imported")
