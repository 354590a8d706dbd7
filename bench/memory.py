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
import json, resource, sys
path, texts = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
{loader}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(kind: str, path: Path, texts: list[str]) -> float:
    """Largest resident memory, MB, of a process that loads the model at `path` and answers the texts in one batch."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "texts.json"
        asked.write_text(json.dumps([" ".join(text.split()) for text in texts]), encoding="utf-8")
        program = _PROGRAM.format(loader=_LOADERS[kind])
        done = subprocess.run(
            [sys.executable, "-c", program, str(path), str(asked)], cwd=ROOT, capture_output=True, text=True, check=True
        )
    kilobytes = int(done.stdout.split()[-1])
    return kilobytes / (1024 if sys.platform != "darwin" else 1024 * 1024)


def megabytes(path: Path) -> float:
    """Size of a file or of all files in a folder, MB."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6


def weighed(ours: Classifier, pipeline: Any, fast: Any, texts: list[str]) -> list[tuple[str, str, str]]:
    """Name, size on disk and peak memory of each model that can be stored here."""
    rows = [("Python with NumPy and SciPy, no model", "–", f"{peak('nothing', ROOT, texts):.0f}")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours"
        bundle.save(ours, path)
        rows.append(("Sortation, model folder", f"{megabytes(path):.1f}", f"{peak('ours', path, texts):.0f}"))
        try:
            import skops.io
        except ImportError:
            print("scikit-learn's memory: skipped, skops is not installed")
        else:
            path = Path(folder) / "pipeline.skops"
            skops.io.dump(pipeline, path)
            name = "TF-IDF (words) + logistic regression, skops"
            rows.append((name, f"{megabytes(path):.1f}", f"{peak('sklearn', path, texts):.0f}"))
        if fast is not None:
            path = Path(folder) / "fasttext.bin"
            fast.save_model(str(path))
            rows.append(("fastText, bin", f"{megabytes(path):.1f}", f"{peak('fasttext', path, texts):.0f}"))
    return rows
