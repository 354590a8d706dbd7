"""The command line's frame: parse, run, and say every failure in one sentence with a non-zero exit."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from model.errors import SortationError
from sortation import files, labels, learning, operating, reports, scoring, tuning, versions

PIPE_CLOSED = 141


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

    def command(name: str, run: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        made.add_argument("--data", type=Path, help="folder with taxonomy.yaml, routing.yaml and corpus/")
        made.add_argument("--home", type=Path, help="folder for everything that is written (default: var)")
        made.add_argument("--registry", help="MLflow tracking address (default: a SQLite file in --home)")
        return made

    for group in (learning, tuning, reports, labels, versions, files, scoring, operating):
        group.add(command)
    return parser
