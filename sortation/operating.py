"""The commands that run and keep a server: serve, try, keys, erase."""

import argparse
import gc
import json

from sortation.frame import DEFAULT_TENANT, Command, settings


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    serve = command("serve", _serve, "Answer over HTTP.")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.add_argument("--workers", type=int, help="processes that answer, sharing one copy of the models")
    wait = command("try", _try, "Wait for the server, classify a sample ticket through it, say what to do next.")
    wait.add_argument("--url", default="http://127.0.0.1:8000")
    wait.add_argument("--patience", type=float, default=120, help="seconds to wait for the server")
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


def _serve(told: argparse.Namespace) -> None:
    gc.disable()  # until the server listens: what is imported never becomes garbage
    try:
        from serving import logs
        from serving.starting import start

        server = settings(told)
        logs.install(server.log_format)
        start(server)
    finally:
        gc.enable()


def _try(told: argparse.Namespace) -> None:
    from serving.client import Client
    from serving.sample import SAMPLE, after, wait

    with Client(told.url) as client:
        wait(client, told.url, told.patience)
        print(f"\nA sample ticket: {SAMPLE['body']}\n")
        print(json.dumps(client.ask("POST", "/v1/classify", SAMPLE), indent=2))
    print(after(told.url))


def _keys(told: argparse.Namespace) -> None:
    from serving import commands

    server = settings(told)
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

    print("\n".join(commands.erase(settings(told), told.tenant, told.requester, told.before)))
