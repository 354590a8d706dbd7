"""Models as a server takes them: signed by somebody trusted, or not at all."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from model.errors import BundleError, RegistryError
from serving import models
from serving.app import create_app
from serving.watching import address
from tests.serving.conftest import Serve, fetched, settings_of


def test_the_last_good_model_is_signed_by_this_home(home: Path) -> None:
    served = models.last_good(address(settings_of(home)))
    assert served is not None
    assert (served.version, served.signed) == (1, True)


def test_an_unsigned_model_is_refused_and_the_server_stays_alive(home: Path) -> None:
    next(home.glob("models/*/signature.json")).unlink()
    assert models.last_good(address(settings_of(home))) is None
    with TestClient(create_app(settings_of(home)), base_url="http://127.0.0.1") as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503


def test_a_development_setting_allows_unsigned_models_and_says_so(
    home: Path, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    next(home.glob("models/*/signature.json")).unlink()
    client = serve(allow_unsigned=True)
    assert client.get("/v1/models").json()["models"][0]["signed"] is False
    assert "UNSIGNED MODEL" in caplog.text


def test_a_model_of_a_stranger_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "trusted").mkdir()
    assert models.last_good(address(settings_of(home, trusted_keys=str(tmp_path / "trusted")))) is None


def test_an_altered_array_is_refused_though_it_is_signed(home: Path) -> None:
    array = next(home.glob("models/*/bias.npy"))
    array.write_bytes(array.read_bytes()[:-1] + b"\x55")
    assert models.last_good(address(settings_of(home))) is None


def test_a_registry_without_a_champion_says_so(tmp_path: Path) -> None:
    where = address(settings_of(tmp_path, registry=f"sqlite:///{tmp_path / 'r.db'}"))
    with pytest.raises(RegistryError, match="there is no registry"):
        models.newest(where)


def test_a_refused_model_leaves_the_old_one_answering(serve: Serve, home: Path) -> None:
    client = serve()
    for file in home.glob("models/*/signature.json"):
        file.unlink()
    with pytest.raises(BundleError, match="refused"):
        models._load(address(settings_of(home)), {"folder": "sortation-1", "version": 2})
    assert client.post("/v1/classify", json={"body": "x"}).json()["model"]["version"] == 1


class Begun(Exception):
    """A process that fetches has begun."""


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    raise Begun


def test_what_another_process_fetched_is_not_fetched_again(home: Path) -> None:
    assert models.newest(fetched(home), stop).version == 1


def test_a_registry_that_moved_on_is_asked_again(home: Path) -> None:
    where = fetched(home)
    (home / "r.db").write_bytes(b"as it is later")
    with pytest.raises(Begun):
        models.newest(where, stop)


def test_a_copy_that_is_gone_is_fetched_again(home: Path) -> None:
    where = fetched(home)
    shutil.rmtree(home / "models" / "sortation-1")
    with pytest.raises(Begun):
        models.newest(where, stop)


def test_shared_arrays_of_old_versions_are_cleared_away(home: Path) -> None:
    for number in range(models.KEPT + 2):
        old = home / "models" / f"old-{number}{models.ARRAYS}"
        old.mkdir()
        os.utime(old, (number, number))
    served = models.last_good(address(settings_of(home)))
    assert served is not None
    left = {path.name for path in (home / "models").glob(f"*{models.ARRAYS}")}
    assert len(left) == models.KEPT
    assert f"old-{models.KEPT + 1}{models.ARRAYS}" in left
    assert f"old-0{models.ARRAYS}" not in left
    assert served.classifier.arrays is not None


def test_a_refused_new_champion_leaves_the_last_good_model(home: Path, second: Path) -> None:
    (second / "signature.json").unlink()
    with pytest.raises(models.Refused, match="sign it"):
        models.newest(fetched(home, 2), stop)
    last = models.last_good(fetched(home, 2))
    assert last is not None
    assert last.version == 1


def test_a_new_champion_that_is_good_is_the_last_good_one(home: Path, second: Path) -> None:
    assert models.newest(fetched(home, 2), stop).copy == second.name
    last = models.last_good(fetched(home, 1))
    assert last is not None
    assert last.version == 2


def test_what_one_has_is_not_loaded_again(home: Path) -> None:
    where = fetched(home)
    have = models.fetched(where, stop)
    assert models.fetched(where, stop, have=have) is have
    assert models.fetched(where, stop) is not have


def test_another_version_is_loaded_whatever_one_has(home: Path, second: Path) -> None:
    have = models.fetched(fetched(home), stop)
    assert models.fetched(fetched(home, 2), stop, have=have).copy == second.name


def test_a_copy_that_became_another_is_loaded_whatever_one_has(home: Path, second: Path) -> None:
    where = fetched(home, 2)
    have = replace(models.fetched(where, stop), fingerprint="0" * 64)
    assert models.fetched(where, stop, have=have) is not have
