"""`python -m bench [accuracy|speed]`: measures what can be measured here; without a word, everything."""

import argparse
import os
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported: every contestant has one thread


def main() -> None:
    """Parses, calls."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("all", "accuracy", "speed"), default="all")
    given = os.environ.get("SORTATION_DATASETS")
    parser.add_argument(
        "--datasets",
        type=Path,
        default=Path(given) if given else None,
        help="folder of the public sets, each a folder of CSV files with text and label (default: SORTATION_DATASETS)",
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the reports")
    told = parser.parse_args()
    from bench import accuracy, speed

    if told.what in ("all", "speed"):
        speed.main(told.datasets, told.out)
    if told.what in ("all", "accuracy"):
        accuracy.main(told.datasets, told.out)


main()
