"""Ed25519 signatures on model folders: who vouches for a model. Knows keys and bytes, not what a model means.

The signature covers the manifest, and the manifest holds the checksums of all other files.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model.errors import BundleError

PURPOSE = b"sortation model manifest v1\n"
"""Stands before the manifest in what is signed, so that a signature fits nothing else."""
MANIFEST, SIGNATURE = "manifest.json", "signature.json"


def own_key(home: Path) -> Path:
    """The private key of an installation, made on first use; its public half is put among the trusted ones."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    path = home / "signing.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        draft = home / f".signing.key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (home / "trusted").mkdir(exist_ok=True)
        (home / "trusted" / "own.pub").write_bytes(public)
        draft.replace(path)
    return path


def sign(folder: Path, private: Path) -> None:
    """Puts a signature into a model folder. Raises BundleError where the key cannot be read."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise BundleError(f"{private} is not a private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError(f"{private} is not an Ed25519 key")
    signature = key.sign(PURPOSE + (folder / MANIFEST).read_bytes())
    (folder / SIGNATURE).write_text(_written(signature), encoding="utf-8")


def _written(signature: bytes) -> str:
    return json.dumps({"algorithm": "ed25519", "signature": signature.hex()}, indent=1) + "\n"


def trusted(folder: Path) -> list[Any]:
    """The public keys in a folder (*.pub, PEM). Raises BundleError on a file that is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    keys = []
    for path in sorted(folder.glob("*.pub")):
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise BundleError(f"{path} is not a public key in PEM") from error
        if not isinstance(key, Ed25519PublicKey):
            raise BundleError(f"{path} is not an Ed25519 key")
        keys.append(key)
    return keys


def check(folder: Path, keys: Iterable[Any]) -> None:
    """Passes where one of the keys signed this folder's manifest. Raises BundleError that says what is wrong."""
    from cryptography.exceptions import InvalidSignature

    try:
        text = (folder / SIGNATURE).read_text(encoding="utf-8")
        signature = bytes.fromhex(json.loads(text)["signature"])
        if text != _written(signature):
            raise ValueError("written otherwise")
    except FileNotFoundError as error:
        raise BundleError(f"{folder} carries no signature") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(f"{folder / SIGNATURE} is not a signature") from error
    signed = PURPOSE + (folder / MANIFEST).read_bytes()
    for key in keys:
        try:
            key.verify(signature, signed)
            return
        except InvalidSignature:
            continue
    raise BundleError(f"{folder} is signed by nobody that this server trusts, or was altered after it was signed")
