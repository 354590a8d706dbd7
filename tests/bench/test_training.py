"""The benchmark of training: tickets are reproducible, the test has no sentence of the training, peaks are told."""

from pathlib import Path

import pytest

from bench.tickets import sentences, tickets, write
from bench.training import accuracy, run
from model.taxonomy import Taxonomy
from training.corpus import Item, read_corpus


def test_tickets_are_the_same_for_a_seed_and_of_the_length(few: list[Item]) -> None:
    pools = sentences(few)
    made = list(tickets(pools, 50, 300, seed=1))
    assert made == list(tickets(pools, 50, 300, seed=1)) != list(tickets(pools, 50, 300, seed=2))
    assert all(200 < len(text) <= 300 for text, _ in made)
    assert {labels for _, labels in made} <= set(pools)


def test_tickets_are_a_corpus(few: list[Item], taxonomy: Taxonomy, tmp_path: Path) -> None:
    write(tmp_path / "t.jsonl", tickets(sentences(few), 50, 300, seed=1), taxonomy.level_names)
    assert len(read_corpus(tmp_path / "t.jsonl", taxonomy)) == 50


def test_a_process_tells_its_peak_and_what_it_said() -> None:
    small = run("-c", "print('service accuracy 12.5%')")
    large = run("-c", "a = bytearray(200_000_000); print(len(a))")
    assert large.peak - small.peak > 0.15
    assert accuracy(small.said) == 12.5


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="exit now"):
        run("-c", "import sys; print('exit now'); sys.exit(3)")
