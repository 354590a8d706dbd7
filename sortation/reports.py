"""The commands about what was reported: report."""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sortation.frame import DEFAULT_TENANT, Command, settings

if TYPE_CHECKING:
    from serving.settings import Settings as Server


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    report = command("report", _report, "Say where a version's report lies; it is fetched where it is not here.")
    report.add_argument("version", nargs="?", default="challenger", help="number or alias (default: challenger)")
    report.add_argument("--tenant", default=DEFAULT_TENANT, help="whose model")
    report.add_argument("--open-path", action="store_true", help="print nothing but the path")


def pages_folder(server: "Server", name: str) -> Path:
    """Where the pages of a registered model's versions are put."""
    return server.home / "reports" if name == server.model else server.home / "reports" / name


def _report(told: argparse.Namespace) -> None:
    from serving.watching import address
    from training.recording import PAGE, page_name
    from training.registry import Registry

    server = settings(told)
    name = address(server, told.tenant).name
    registry = Registry(server.home, server.registry or None, name)
    version = registry.get(told.version)
    path = pages_folder(server, name) / page_name(version)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            shutil.move(registry.artifact(version, PAGE, Path(scratch)), path)
    print(path if told.open_path else f"the report of version {version.number} of {name} lies at {path}")
