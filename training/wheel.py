"""Sortation's own wheel, made from the code that runs: the same code gives the same bytes. Needs no build tool.

A registered version carries it, so that an environment that has never heard of Sortation can answer with the version.
"""

import base64
import hashlib
import zipfile
from importlib.metadata import metadata
from pathlib import Path

PACKAGES = ("model", "training", "serving", "sortation")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip file can hold: when a file was written is no part of it."""


def build(folder: Path) -> Path:
    """Writes the wheel of the running code into a folder and returns its path.

    Its version ends with the beginning of a hash of its content, so that two wheels of different code are never taken
    for each other.
    """
    root = Path(__file__).resolve().parent.parent
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in _sources(root)}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    about = metadata("sortation")
    version = f"{about['Version'].partition('+')[0]}+{digest.hexdigest()[:12]}"
    info = f"sortation-{version}.dist-info"
    needs = [f"Requires-Dist: {each}" for each in about.get_all("Requires-Dist") or [] if "extra ==" not in each]
    said = ["Metadata-Version: 2.1", "Name: sortation", f"Version: {version}", f"Summary: {about['Summary']}"]
    files[f"{info}/METADATA"] = _lines([*said, f"Requires-Python: {about['Requires-Python']}", *needs])
    files[f"{info}/WHEEL"] = _lines(
        ["Wheel-Version: 1.0", "Generator: sortation", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    )
    files[f"{info}/entry_points.txt"] = _lines(["[console_scripts]", "sortation = sortation:main"])
    record = [f"{name},sha256={_hash(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = _lines([*record, f"{info}/RECORD,,"])
    path = folder / f"sortation-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as wheel:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            wheel.writestr(entry, content)
    return path


def _sources(root: Path) -> list[Path]:
    """The packages' files, in a fixed order; nothing that Python wrote itself."""
    found = (path for package in PACKAGES for path in (root / package).rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts and path.suffix not in {".pyc", ".so"})


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
