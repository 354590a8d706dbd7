"""The commands about registered versions: promote."""

import argparse

from sortation.frame import Command, settings


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    promote = command("promote", _promote, "Make a registered version the champion.")
    promote.add_argument("version", nargs="?", default="challenger", help="number or alias (default: challenger)")
    promote.add_argument("--reason", required=True, help="why, for the record")


def _promote(told: argparse.Namespace) -> None:
    from training.registry import Registry

    server = settings(told)
    registry = Registry(server.home, server.registry or None, server.model)
    version = registry.get(told.version)
    registry.promote(version, told.reason)
    print(f"version {version.number} is the champion; running servers take over by themselves")
