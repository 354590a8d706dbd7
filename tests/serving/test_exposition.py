"""Prometheus' text format: buckets add up, labels are escaped."""

import re

from serving.exposition import Histogram, Series


def test_buckets_add_up_and_a_bound_counts_in_its_own_bucket() -> None:
    made = Histogram("x", "About.", (1, 2), ("route",))
    for value in (0.5, 1, 1.5, 9):
        made.observe(value, "/a")
    assert "".join(made.lines()).splitlines()[2:] == [
        'x_bucket{route="/a",le="1"} 2',
        'x_bucket{route="/a",le="2"} 3',
        'x_bucket{route="/a",le="+Inf"} 4',
        'x_sum{route="/a"} 12',
        'x_count{route="/a"} 4',
    ]


def test_labels_cannot_break_a_line() -> None:
    made = Series("counter", "x_total", "About.", ("route",))
    made.inc('a"b\n\\', by=2)
    assert "".join(made.lines()).splitlines()[2:] == ['x_total{route="a\\"b\\n\\\\"} 2']


def test_every_line_is_one_that_prometheus_reads() -> None:
    made = Series("gauge", "x", "About.")
    made.set(0.25)
    histogram = Histogram("y", "About.", (0.1,))
    histogram.observe(3)
    for line in "".join([*made.lines(), *histogram.lines()]).splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+=\"[^\"]*\"\})? [0-9.e+-]+", line), line
