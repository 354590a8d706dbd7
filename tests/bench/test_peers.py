"""Peers that are there, and peers that are not."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.peers import PEERS, Peer
from bench.sets import missing

TEXTS = ["where is my parcel", "track the parcel", "pay the invoice", "invoice is wrong"] * 5
LABELS = ["parcel", "parcel", "invoice", "invoice"] * 5


def test_a_peer_that_is_not_installed_says_so() -> None:
    reason = replace(PEERS[0], package="no_such_package_here").missing
    assert reason is not None and "no_such_package_here is not installed" in reason


@pytest.mark.parametrize("peer", PEERS[:3], ids=lambda peer: peer.name)
def test_a_peer_answers_with_the_labels_it_was_given(peer: Peer) -> None:
    assert peer.make(TEXTS, LABELS, 0)(["the parcel", "my invoice"]) == ["parcel", "invoice"]


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_a_missing_data_set_is_a_reason(folder: Path | None) -> None:
    assert "skipped" in (missing(folder, "banking77") or "")
