"""The command line: parse, call, print. Every failure is one sentence and a non-zero exit."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sortation_files
from model.errors import SortationError
from serving.client import AsyncClient, Client
from serving.settings import Settings as Server

__all__ = ["AsyncClient", "Client", "main"]
PIPE_CLOSED = 141
DEFAULT_TENANT = "default"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    parser = _parser()
    told = parser.parse_args(arguments)
    try:
        told.run(told)
    except SortationError as error:
        print(f"sortation: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sortation: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return PIPE_CLOSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sortation", description="Sorts tickets, e-mails and documents into stages, functions and services."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        made.add_argument("--data", type=Path, help="folder with taxonomy.yaml, routing.yaml and corpus/")
        made.add_argument("--home", type=Path, help="folder for everything that is written (default: var)")
        made.add_argument("--registry", help="MLflow tracking address (default: a SQLite file in --home)")
        return made

    train = command("train", _train, "Train on the corpus and all corrections, register, promote if nothing objects.")
    train.add_argument("--corpus", type=Path, help="a .jsonl file or a folder of them (default: corpus/ in --data)")
    train.add_argument(
        "--if-changed", action="store_true", help="do nothing where data, settings and code are as before"
    )
    train.add_argument("--tenant", default=DEFAULT_TENANT, help="whose model, from its own data and corrections")
    train.add_argument("--no-promote", action="store_true", help="leave the new version a challenger")
    vectors = train.add_mutually_exclusive_group()
    vectors.add_argument("--vectors", metavar="SOURCE", help="use vectors: a folder, package:NAME or a hub name")
    vectors.add_argument("--plain", action="store_true", help="use no vectors, whatever the settings say")
    train.add_argument("--vectors-kind", choices=("static", "encoder"), help="a table, or a network (default: static)")
    train.add_argument("--vectors-sha256", metavar="HASH", help="what the file of weights must be (default: as found)")
    evaluate = command("evaluate", _evaluate, "Measure a registered version on labelled items.")
    evaluate.add_argument("corpus", type=Path, help="a .jsonl file or a folder of them")
    evaluate.add_argument("--version", default="champion", help="number or alias (default: champion)")
    promote = command("promote", _promote, "Make a registered version the champion.")
    promote.add_argument("version", nargs="?", default="challenger", help="number or alias (default: challenger)")
    promote.add_argument("--reason", required=True, help="why, for the record")
    serve = command("serve", _serve, "Answer over HTTP.")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    sortation_files.add(command, _settings)
    wait = command("try", _try, "Wait for the server, classify a sample ticket through it, say what to do next.")
    wait.add_argument("--url", default="http://127.0.0.1:8000")
    wait.add_argument("--patience", type=float, default=120, help="seconds to wait for the server")
    _administration(command)
    return parser


def _administration(command: Any) -> None:
    keys = command("keys", _keys, "Make, list and revoke API keys, and set quotas.")
    keys.add_argument("action", choices=["create", "list", "revoke", "quota"])
    keys.add_argument("key", nargs="?", help="number of the key to revoke")
    keys.add_argument("--tenant", default=DEFAULT_TENANT)
    keys.add_argument("--scopes", default="classify,review", help="some of classify,review,train,admin")
    keys.add_argument("--name", default="", help="what the key is for")
    keys.add_argument("--per-minute", type=int, default=0, help="items a minute; 0: no limit")
    erase = command("erase", _erase, "Erase what came from a requester or is older than a date.")
    erase.add_argument("--tenant", default=DEFAULT_TENANT)
    erase.add_argument("--requester")
    erase.add_argument("--before", metavar="DATE")


def _settings(told: argparse.Namespace) -> Server:
    given = {
        "data": told.data,
        "home": told.home,
        "registry": told.registry,
        "host": getattr(told, "host", None),
        "port": getattr(told, "port", None),
        "vectors": getattr(told, "vectors", None),
        "vectors_kind": getattr(told, "vectors_kind", None),
    }
    from dataclasses import replace

    return replace(Server.read(), **{key: value for key, value in given.items() if value is not None})


def _train(told: argparse.Namespace) -> None:
    from model import signing
    from model.vectors import pinned
    from serving import commands
    from serving.store.corrections import corrections_file, export_corrections
    from serving.watching import address
    from training.fitting import Settings
    from training.run import Sources, read_inputs
    from training.stamp import is_current, put_stamp

    server = _settings(told)
    corrections, used = corrections_file(server.home, told.tenant), []
    if (server.home / "sortation.db").exists() or server.database:
        with commands.opened(server) as store:
            used = export_corrections(store, corrections, told.tenant)
    vectors = None
    if server.vectors and not told.plain:
        vectors = pinned(server.vectors, server.vectors_kind, told.vectors_sha256)
        print(f"  {vectors}, SHA-256 of the weights {vectors.hashes['weights']}")
    settings = Settings(vectors=vectors)
    own = "" if told.tenant == DEFAULT_TENANT else told.tenant
    sources = Sources(server.own(own, "taxonomy.yaml"), told.corpus or server.own(own, "corpus"), corrections)
    inputs = read_inputs(sources, settings)
    stamps = corrections.parent
    if told.if_changed and is_current(stamps, inputs.key):
        print("data, settings and code are as before: nothing to train")
        return
    from training.registry import Registry
    from training.run import train

    name = address(server, told.tenant).name
    registry = Registry(server.home, server.registry or None, name)
    key = signing.own_key(server.home)
    outcome = train(inputs, settings, registry, _say, promote=not told.no_promote, key=key)
    put_stamp(stamps, inputs.key)
    if used:
        with commands.opened(server) as store:
            store.note_training(name, outcome.version.number, used)
    if outcome.objections:
        raise SortationError(f"version {outcome.version.number} stays a challenger: " + "; ".join(outcome.objections))


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


def _evaluate(told: argparse.Namespace) -> None:
    from model import bundle
    from training.corpus import read_corpus
    from training.evaluation import evaluate
    from training.reading import prepared
    from training.registry import Registry

    server = _settings(told)
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


def _promote(told: argparse.Namespace) -> None:
    from training.registry import Registry

    server = _settings(told)
    registry = Registry(server.home, server.registry or None, server.model)
    version = registry.get(told.version)
    registry.promote(version, told.reason)
    print(f"version {version.number} is the champion; running servers take over by themselves")


def _serve(told: argparse.Namespace) -> None:
    import uvicorn

    from serving import logs
    from serving.app import create_app

    settings = _settings(told)
    logs.install(settings.log_format)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
    )


def _keys(told: argparse.Namespace) -> None:
    from serving import commands

    server = _settings(told)
    if told.action == "create":
        lines = commands.create_key(server, told.tenant, told.scopes, told.name)
    elif told.action == "revoke":
        lines = commands.revoke_key(server, told.key or "")
    elif told.action == "quota":
        lines = commands.set_quota(server, told.tenant, told.per_minute)
    else:
        lines = commands.list_keys(server)
    print("\n".join(lines))


def _erase(told: argparse.Namespace) -> None:
    from serving import commands

    print("\n".join(commands.erase(_settings(told), told.tenant, told.requester, told.before)))


def _try(told: argparse.Namespace) -> None:
    from serving.sample import SAMPLE, after, wait

    with Client(told.url) as client:
        wait(client, told.url, told.patience)
        print(f"\nA sample ticket: {SAMPLE['body']}\n")
        print(json.dumps(client.ask("POST", "/v1/classify", SAMPLE), indent=2))
    print(after(told.url))


if __name__ == "__main__":
    sys.exit(main())
