"""Where the numbers come from: processor, cores, versions. Says nothing that names the machine."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    *("numpy", "scipy", "scikit-learn", "fasttext", "fasttext-numpy2-wheel", "fasttext-wheel", "spacy", "skops"),
    *("torch", "transformers", "sentence-transformers", "setfit"),
)
"""Distributions whose versions are told, where they are installed."""


def versions() -> str:
    """Python and the installed packages, on one line."""
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def processor() -> str:
    """The processor's model and how many cores there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {len(names) or '?'} cores"
