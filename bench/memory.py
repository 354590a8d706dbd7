"""What a stored model needs once it is loaded: peak memory of a fresh process that loads it and answers a batch."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.sets import ROOT
from model import bundle
from model.classifier import Classifier

_LOADERS = {
    "nothing": "import numpy, scipy.sparse",
    "ours": "from pathlib import Path; from model import bundle; bundle.load(Path(path)).predict(texts)",
    "sklearn": "import skops.io; skops.io.load(path).predict_proba(texts)",
    "fasttext": "import fasttext; fasttext.load_model(path).predict(texts)",
}
_PROGRAM = """
import json, sys
from pathlib import Path
path, texts = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
{loader}
lines = Path("/proc/self/status").read_text().splitlines()
print(*(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def peak(kind: str, path: Path, texts: list[str]) -> str:
    """Largest resident memory, MB, of a process that loads the model at `path` and answers the texts in one batch.

    A dash where the system does not tell (it does on Linux).
    """
    if not Path("/proc/self/status").exists():
        return "–"
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "texts.json"
        asked.write_text(json.dumps([" ".join(text.split()) for text in texts]), encoding="utf-8")
        program = _PROGRAM.format(loader=_LOADERS[kind])
        done = subprocess.run(
            [sys.executable, "-c", program, str(path), str(asked)], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return f"{int(done.stdout) / 1024:.0f}"


def megabytes(path: Path) -> float:
    """Size of a file or of all files in a folder, MB."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6


def weighed(ours: Classifier, pipeline: Any, fast: Any, texts: list[str]) -> list[tuple[str, str, str]]:
    """Name, size on disk and peak memory of each model that can be stored here."""
    rows = [("Python with NumPy and SciPy, no model", "–", peak("nothing", ROOT, texts))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours"
        bundle.save(ours, path)
        rows.append(("Sortation, model folder", f"{megabytes(path):.1f}", peak("ours", path, texts)))
        try:
            import skops.io
        except ImportError:
            print("scikit-learn's memory: skipped, skops is not installed")
        else:
            path = Path(folder) / "pipeline.skops"
            skops.io.dump(pipeline, path)
            name = "TF-IDF (words) + logistic regression, skops"
            rows.append((name, f"{megabytes(path):.1f}", peak("sklearn", path, texts)))
        if fast is not None:
            path = Path(folder) / "fasttext.bin"
            fast.save_model(str(path))
            rows.append(("fastText, bin", f"{megabytes(path):.1f}", peak("fasttext", path, texts)))
    return rows
