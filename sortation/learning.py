"""The commands that train and measure: train, evaluate."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import SortationError
from sortation.frame import DEFAULT_TENANT, Command, own, settings
from sortation.reports import pages_folder
from sortation.versions import terms_of

if TYPE_CHECKING:
    from serving.settings import Settings as Server
    from training.fitting import Settings
    from training.run import Inputs


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    train = command("train", _train, "Train on the corpus and all corrections, register, promote if nothing objects.")
    train.add_argument("--corpus", type=Path, help="a .jsonl file or a folder of them (default: corpus/ in --data)")
    train.add_argument(
        "--if-changed", action="store_true", help="do nothing where data, settings and code are as before"
    )
    train.add_argument("--tenant", default=DEFAULT_TENANT, help="whose model, from its own data and corrections")
    train.add_argument("--settings", type=Path, metavar="FILE", help="a YAML or JSON file, such as `tune` writes")
    train.add_argument("--no-promote", action="store_true", help="leave the new version a challenger")
    train.add_argument("--who", help="who trains, for the history (default: SORTATION_WHO, else the user)")
    train.add_argument("--full-report", action="store_true", help="draw the learning curve however long that takes")
    add_vectors(train)
    evaluate = command("evaluate", _evaluate, "Measure a registered version on labelled items.")
    evaluate.add_argument("corpus", type=Path, help="a .jsonl file or a folder of them")
    evaluate.add_argument("--version", default="champion", help="number or alias (default: champion)")


def add_vectors(command: argparse.ArgumentParser) -> None:
    """Adds what a command must be told of vectors."""
    vectors = command.add_mutually_exclusive_group()
    vectors.add_argument("--vectors", metavar="SOURCE", help="use vectors: a folder, package:NAME or a hub name")
    vectors.add_argument("--plain", action="store_true", help="use no vectors, whatever the settings say")
    command.add_argument(
        "--vectors-kind", choices=("static", "encoder"), help="a table, or a network (default: static)"
    )
    command.add_argument(
        "--vectors-sha256", metavar="HASH", help="what the file of weights must be (default: as found)"
    )


def _train(told: argparse.Namespace) -> None:
    from model import signing
    from serving import commands
    from serving.store.corrections import corrections_file
    from serving.watching import address
    from training.drafts import locked
    from training.registry import Registry
    from training.run import train
    from training.stamp import is_current, put_stamp
    from training.telling import Telling

    server = settings(told)
    wishes = wished(told, server)
    inputs, used = gathered(told, server, wishes)
    stamps = corrections_file(server.home, told.tenant).parent
    if told.if_changed and is_current(stamps, inputs.key):
        print("data, settings and code are as before: nothing to train")
        return
    name = address(server, told.tenant).name
    registry = Registry(server.home, server.registry or None, name)
    with locked(server.home / "signing.lock"):  # of several first runs, one makes the key
        key = signing.own_key(server.home)
    terms = terms_of(told, server, "no objections after training", promote=not told.no_promote)
    telling = Telling(pages_folder(server, name), server.redact, told.full_report)
    outcome = train(inputs, wishes, registry, _say, terms=terms, key=key, telling=telling)
    put_stamp(stamps, inputs.key)
    if used:
        with commands.opened(server) as store:
            store.note_training(name, outcome.version.number, used)
    if outcome.objections:
        raise SortationError(f"version {outcome.version.number} stays a challenger: " + "; ".join(outcome.objections))


def gathered(told: argparse.Namespace, server: "Server", wishes: "Settings") -> "tuple[Inputs, list[str]]":
    """What to learn from, corrections included, and the predictions that these are of."""
    from serving import commands
    from serving.store.corrections import corrections_file, export_corrections
    from training.run import Sources, read_inputs

    corrections, used = corrections_file(server.home, told.tenant), []
    if (server.home / "sortation.db").exists() or server.database:
        with commands.opened(server) as store:
            used = export_corrections(store, corrections, told.tenant)
    tenant = own(told.tenant)
    sources = Sources(server.own(tenant, "taxonomy.yaml"), told.corpus or server.own(tenant, "corpus"), corrections)
    return read_inputs(sources, wishes), used


def wished(told: argparse.Namespace, server: "Server") -> "Settings":
    """What training was told: the settings of a file if any, and vectors."""
    from model.vectors import pinned
    from training.fitting import Settings
    from training.settings_file import read_settings

    given = Settings() if told.settings is None else read_settings(told.settings)
    if not server.vectors or told.plain:
        return given
    vectors = pinned(server.vectors, server.vectors_kind, told.vectors_sha256)
    print(f"  {vectors}, SHA-256 of the weights {vectors.hashes['weights']}")
    return replace(given, vectors=vectors)


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


def _evaluate(told: argparse.Namespace) -> None:
    from model import bundle
    from training.corpus import read_corpus
    from training.evaluation import evaluate
    from training.reading import prepared
    from training.registry import Registry

    server = settings(told)
    registry = Registry(server.home, server.registry or None, server.model)
    version = registry.get(told.version)
    classifier = bundle.load(registry.fetch(version, server.home / "models"), vectors=server.vectors)
    report = evaluate(classifier, prepared(read_corpus(told.corpus, classifier.taxonomy)))
    print(f"version {version.number} on {report.items} items: every level right {report.joint_accuracy:.1%}")
    for name, level in report.levels.items():
        print(
            f"  {name:10} accuracy {level.accuracy:6.1%}   macro-F1 {level.macro_f1:.3f}   "
            f"calibration error {level.calibration_error:.3f}"
        )
