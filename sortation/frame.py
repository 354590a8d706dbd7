"""What all commands share: how they are added to the parser, and the settings they were told."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from serving.settings import Settings

Command = Callable[[str, Callable[[argparse.Namespace], None], str], argparse.ArgumentParser]
"""Adds a command: its name, what it runs, what it is about."""
DEFAULT_TENANT = "default"


def settings(told: argparse.Namespace) -> Settings:
    """The server's settings, with what the command line says in place of what the environment says."""
    names = ("data", "home", "registry", "host", "port", "vectors", "vectors_kind", "workers")
    given: dict[str, Any] = {name: getattr(told, name, None) for name in names}
    return replace(Settings.read(), **{name: value for name, value in given.items() if value is not None})


def own(tenant: str) -> str:
    """The tenant's folder name; "" for the default tenant."""
    return "" if tenant == DEFAULT_TENANT else tenant
