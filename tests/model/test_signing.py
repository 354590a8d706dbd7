"""Signatures: whoever altered a manifest, or signed with another key, is found out."""

import json
from pathlib import Path

import pytest

from model import bundle, signing
from model.classifier import Classifier
from model.errors import BundleError


@pytest.fixture
def signed(classifier: Classifier, tmp_path: Path) -> Path:
    bundle.save(classifier, tmp_path / "m")
    signing.sign(tmp_path / "m", signing.own_key(tmp_path / "home"))
    return tmp_path / "m"


def keys(home: Path) -> list[object]:
    return signing.trusted(home / "trusted")


def test_a_signed_folder_is_vouched_for_and_still_a_model(signed: Path, tmp_path: Path) -> None:
    signing.check(signed, keys(tmp_path / "home"))
    bundle.load(signed)


def test_the_private_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = signing.own_key(tmp_path)
    before = path.read_bytes()
    assert signing.own_key(tmp_path).read_bytes() == before
    assert path.stat().st_mode & 0o077 == 0


def test_a_strangers_signature_is_refused(signed: Path, tmp_path: Path) -> None:
    signing.own_key(tmp_path / "stranger")
    with pytest.raises(BundleError, match="nobody that this server trusts"):
        signing.check(signed, keys(tmp_path / "stranger"))


def test_nobody_trusted_is_nobody_believed(signed: Path) -> None:
    with pytest.raises(BundleError, match="nobody"):
        signing.check(signed, [])


def test_an_altered_manifest_is_refused(signed: Path, tmp_path: Path) -> None:
    manifest = signed / "manifest.json"
    plain = json.loads(manifest.read_text())
    plain["files"]["bias.npy"] = "0" * 64
    manifest.write_text(json.dumps(plain))
    with pytest.raises(BundleError, match="altered"):
        signing.check(signed, keys(tmp_path / "home"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"signature": "xyz"}', '{"signature": 5}', '{"signature": "00"}'])
def test_what_is_no_signature_is_refused(signed: Path, tmp_path: Path, text: str) -> None:
    (signed / signing.SIGNATURE).write_text(text)
    with pytest.raises(BundleError):
        signing.check(signed, keys(tmp_path / "home"))


def test_a_missing_signature_is_said(signed: Path, tmp_path: Path) -> None:
    (signed / signing.SIGNATURE).unlink()
    with pytest.raises(BundleError, match="no signature"):
        signing.check(signed, keys(tmp_path / "home"))


def test_a_file_that_is_no_key_is_named(tmp_path: Path, signed: Path) -> None:
    (tmp_path / "x.pub").write_text("no key")
    with pytest.raises(BundleError, match=r"x\.pub"):
        signing.trusted(tmp_path)
    with pytest.raises(BundleError, match=r"x\.pub"):
        signing.sign(signed, tmp_path / "x.pub")
