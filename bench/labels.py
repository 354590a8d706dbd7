"""`python -m bench.labels [flips|size|saving]`: how wrong labels are found, what that takes, what suggestions save.

Writes labels.md.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported


def main() -> None:
    """Parses, calls."""
    parser = argparse.ArgumentParser(prog="python -m bench.labels", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("all", "flips", "size", "saving"), default="all")
    given = os.environ.get("SORTATION_DATASETS")
    parser.add_argument("--datasets", type=Path, default=Path(given) if given else None)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the report")
    told = parser.parse_args()
    from bench import flips, machine, saving, sized
    from bench.tables import write

    parts = [f"{machine.processor()}; one thread. {machine.versions()}."]
    measured: dict[str, Callable[[], list[str]]] = {
        "flips": lambda: flips.report(told.datasets),
        "size": sized.report,
        "saving": lambda: saving.report(told.datasets),
    }
    for name, report in measured.items():
        if told.what in ("all", name):
            parts += report()
    write(told.out / "labels.md", "Labels: what is wrong, and what to label next", parts)


if __name__ == "__main__":
    main()
