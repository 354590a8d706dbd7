"""Texts that a version was made with."""

from dataclasses import replace

from training.seen import packed, prints, unpacked, unseen
from training.shares import Shares


def test_none_of_the_shares_it_was_made_with_is_unseen_and_all_of_the_test_share_is(shares: Shares) -> None:
    hashes = unpacked(packed([*shares.fit, *shares.calibration]))
    assert hashes is not None
    assert unseen([*shares.fit, *shares.calibration], hashes) == []
    assert unseen(shares.test, hashes) == shares.test


def test_a_text_with_other_labels_and_another_id_was_seen_all_the_same(shares: Shares) -> None:
    item = shares.fit[0]
    corrected = replace(item, id="ticket-7", labels=shares.fit[-1].labels)
    assert unseen([corrected], prints([item])) == []


def test_a_file_that_is_missing_or_no_array_of_numbers_tells_nothing() -> None:
    assert unpacked(None) is None
    assert unpacked(b"") is None
    assert unpacked(b"\x80\x04.") is None
