"""Which code and which libraries made a model. Reads the checkout where there is one; asks no network."""

import hashlib
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("numpy", "scipy", "scikit-learn", "mlflow")


def code_hash() -> str:
    """SHA-256 of the code that decides what a model becomes: model/ and training/."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("model/**/*.py"), *ROOT.glob("training/*.py")]):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def commit() -> str | None:
    """The checkout's git commit, with `+changes` where files differ from it; None outside a checkout of its own."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    try:
        number = _told(git, "rev-parse", "HEAD")
        return f"{number}+changes" if _told(git, "status", "--porcelain", "--", "model", "training") else number
    except (OSError, subprocess.SubprocessError):
        return None


def _told(git: str, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 fixed words, found on the path by its name
        [git, "-C", str(ROOT), *words], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()


def environment() -> dict[str, str]:
    """The interpreter and the libraries that decide a model's numbers, with their versions."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def machine() -> str:
    """The kind of machine, such as Linux x86_64."""
    return f"{platform.system()} {platform.machine()}"
