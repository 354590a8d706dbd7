"""A registered version in an environment that knows nothing of this checkout: plain MLflow answers with it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from model import bundle, signing
from model.document import Document
from model.errors import BundleError
from serving import models
from serving.fetch import fetch
from tests.registered import Registered
from training import wheel
from training.registry import CHAMPION

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = Document("Order 4471", "Where is my parcel? It should have come on Monday.", "email")
MESSAGE = {"subject": DOCUMENT.subject, "body": DOCUMENT.body, "channel": DOCUMENT.channel}
TEXT = "Please reset my password"
ASK = """
import json, model, mlflow, pandas as pd
from mlflow import pyfunc
loaded = pyfunc.load_model("models:/sortation@champion")
frame = pd.DataFrame(json.loads(input()), index=[7, 9])
print(json.dumps([model.__file__, loaded.predict(frame).reset_index().to_dict("records")]))
"""


def stored(registered: Registered) -> Path:
    """The champion's folder as MLflow stores it."""
    return registered.home / "artifacts" / registered.registry.get(CHAMPION).run / "artifacts" / "model"


@pytest.fixture
def packed(registered: Registered) -> Path:
    return stored(registered)


@pytest.fixture(scope="module")
def fresh(registered: Registered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the version's wheel, and the libraries, but not the code, of this one."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (made,) = (stored(registered) / "wheels").iterdir()
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(made)], check=True, capture_output=True)
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    (next(home.glob("lib/*/site-packages")) / "libraries.pth").write_text(f"{libraries}\n")
    uvicorn = home / "bin" / "uvicorn"  # a script of an installation, of which the libraries alone have none
    uvicorn.write_text(f"#!{python}\nfrom uvicorn.main import main\n\nmain()\n")
    uvicorn.chmod(0o755)
    return python


def environment(registered: Registered, python: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    told = {"MLFLOW_TRACKING_URI": registered.registry.uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    return kept | told | {"PATH": path, "GIT_PYTHON_REFRESH": "quiet"}


def test_plain_mlflow_answers_in_a_fresh_environment(registered: Registered, fresh: Path, tmp_path: Path) -> None:
    rows = json.dumps([MESSAGE, {"text": TEXT}])
    done = subprocess.run(
        [fresh, "-W", "ignore", "-c", ASK],
        input=rows,
        cwd=tmp_path,
        env=environment(registered, fresh),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where, answers = json.loads(done.stdout.splitlines()[-1])
    assert where.startswith(str(fresh.parent.parent))
    assert [answer["index"] for answer in answers] == [7, 9]
    right = registered.classifier.predict([DOCUMENT, Document(body=TEXT)])
    for answer, prediction in zip(answers, right, strict=True):
        assert tuple(answer[level] for level in registered.classifier.taxonomy.level_names) == prediction.names
        assert answer["confidence"] == pytest.approx(prediction.joint)
        assert answer["stage_probability"] == pytest.approx(prediction.labels[0].probability)
        assert answer["doubts"].split(",") == list(prediction.doubts) or not answer["doubts"]


def test_mlflow_serves_it(registered: Registered, fresh: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words = ["models", "serve", "-m", "models:/sortation@champion", "--env-manager", "local", "-p", port, "-w", "1"]
    with (tmp_path / "log").open("w") as log:
        served = subprocess.Popen(
            [fresh, "-W", "ignore", "-m", "mlflow", *words],
            cwd=tmp_path,
            env=environment(registered, fresh),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 300
        while time.monotonic() < until and served.poll() is None:
            try:
                urlopen(f"{url}/ping", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        body = json.dumps({"dataframe_records": [MESSAGE]}).encode()
        with urlopen(Request(f"{url}/invocations", body, {"Content-Type": "application/json"}), timeout=100) as said:
            (answer,) = json.load(said)["predictions"]
    finally:
        os.killpg(served.pid, 9)
        served.wait()
    (right,) = registered.classifier.predict([DOCUMENT])
    assert (answer["stage"], answer["function"], answer["service"]) == right.names


def test_nothing_in_a_version_is_pickled(packed: Path) -> None:
    names = [path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()]
    assert {Path(name).suffix for name in names} <= {"", ".json", ".npy", ".txt", ".yaml", ".whl"}
    assert "loader_module: training.frames" in (packed / "MLmodel").read_text()


def test_a_version_names_its_columns_and_gives_an_example(packed: Path) -> None:
    said = (packed / "MLmodel").read_text()
    assert all(f'"name": "{name}"' in said.replace("\n    ", " ") for name in ("text", "stage", "doubts", "confidence"))
    assert (packed / "input_example.json").exists()
    requirements = (packed / "requirements.txt").read_text().splitlines()
    (made,) = (packed / "wheels").iterdir()
    assert f"wheels/{made.name}" in requirements


def test_the_same_code_gives_the_same_wheel(tmp_path: Path) -> None:
    first, second = wheel.build(tmp_path / "a"), wheel.build(tmp_path / "b")
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())
    names = zipfile.ZipFile(first).namelist()
    assert {"model/bundle.py", "training/frames.py", "model/reading/languages.txt"} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"model", "training", "serving", "sortation"}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("name", ["bias.npy", "model.json", "manifest.json"])
def test_an_altered_version_is_refused_however_it_is_loaded(
    registered: Registered, packed: Path, tmp_path: Path, name: str
) -> None:
    from training.frames import _load_pyfunc

    folder = tmp_path / "copy"
    shutil.copytree(packed / "data" / "bundle", folder)
    flip(folder / name)
    with pytest.raises(BundleError):
        _load_pyfunc(str(folder))


def test_a_version_that_was_altered_in_the_registry_is_refused_by_servers_and_by_hand(
    registered: Registered, packed: Path, tmp_path: Path
) -> None:
    array = packed / "data" / "bundle" / "bias.npy"
    sound = array.read_bytes()
    flip(array)
    try:
        fetched = registered.registry.fetch(registered.registry.get(CHAMPION), tmp_path / "by-hand")
        with pytest.raises(BundleError, match="checksum"):
            bundle.load(fetched)
        address = models.Address(registered.registry.uri, "sortation", tmp_path / "server")
        with pytest.raises(BundleError, match="checksum"):
            models.newest(address)
    finally:
        array.write_bytes(sound)


def test_a_server_fetches_the_model_folder_with_its_signature(registered: Registered, tmp_path: Path) -> None:
    fetched = fetch(registered.registry.uri, "sortation", tmp_path)
    assert fetched["version"] == registered.registry.get(CHAMPION).number
    signing.check(tmp_path / str(fetched["folder"]), signing.trusted(registered.home / "trusted"))
    bundle.load(tmp_path / str(fetched["folder"]))
