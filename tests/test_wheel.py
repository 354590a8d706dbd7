"""The wheel: builds, holds what it should, and works in a fresh environment."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from bench.traffic import part_of_corpus

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(folder),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_packages_and_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    ours = {"model", "training", "serving", "sortation"}
    assert ours <= tops
    assert all(top in ours or top.startswith("sortation-0") for top in tops)
    assert any(name.endswith("share/sortation/data/taxonomy.yaml") for name in names)
    assert not any("tests/" in name or name.endswith(".npy") for name in names)


def test_the_wheel_works_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    """Trains there, on a few items, with the libraries of this environment and none of its checkout."""
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    (Path(site) / "libraries.pth").write_text(ours + "\n")
    for editable in Path(ours).glob("*sortation*.pth"):
        assert str(ROOT) in editable.read_text()  # what follows must not come from there
    code = (
        "import json, model, serving.settings as s; from model import taxonomy;"
        "print(json.dumps([model.__file__, str(s.default_data()),"
        "len(taxonomy.load(s.default_data() / 'taxonomy.yaml').combinations)]))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    where, data, combinations = json.loads(done.stdout)
    assert where.startswith(str(home))
    assert data.startswith(str(home))
    assert combinations == 70
    part_of_corpus(tmp_path / "few.jsonl")
    sortation = home / "bin" / "sortation"
    trained = subprocess.run(
        [sortation, "train", "--corpus", "few.jsonl"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert trained.returncode == 0, trained.stderr
    said = subprocess.run(
        [sortation, "classify", "where is my parcel?", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(json.loads(said.stdout)) >= {"stage", "function", "service"}
