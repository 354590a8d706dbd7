import os
from pathlib import Path

from serving.gathering import Gathering, merged
from serving.metrics import Metrics

PAGE = '# HELP a About.\n# TYPE a counter\na 2\n# HELP b More.\n# TYPE b histogram\nb_bucket{le="1"} 3\nb_sum 0.5\n'


def test_samples_of_a_series_stand_together_under_their_process() -> None:
    page = "".join(merged({7: PAGE, 9: PAGE}))
    assert page == (
        "# HELP a About.\n# TYPE a counter\n" 'a{worker="7"} 2\na{worker="9"} 2\n'
        "# HELP b More.\n# TYPE b histogram\n"
        'b_bucket{worker="7",le="1"} 3\nb_sum{worker="7"} 0.5\nb_bucket{worker="9",le="1"} 3\nb_sum{worker="9"} 0.5\n'
    )  # fmt: skip


def test_every_sample_of_a_real_page_is_kept() -> None:
    metrics = Metrics()
    metrics.request("/v1/classify", 200, 0.01)
    page = metrics.exposed().decode()
    told = [line for line in merged({1: page}) if not line.startswith("#")]
    assert len(told) == sum(not line.startswith("#") for line in page.splitlines())


def test_pages_of_processes_that_are_gone_are_left_out_and_taken_away(tmp_path: Path) -> None:
    gone = os.fork()
    if not gone:
        os._exit(0)
    os.waitpid(gone, 0)
    (tmp_path / f"{gone}.prom").write_text(PAGE)
    (tmp_path / f"{os.getppid()}.prom").write_text(PAGE)
    page = Gathering(tmp_path, PAGE.encode).exposed().decode()
    assert f'worker="{os.getpid()}"' in page
    assert f'worker="{os.getppid()}"' in page
    assert f'worker="{gone}"' not in page
    assert not (tmp_path / f"{gone}.prom").exists()


def test_a_process_that_ends_leaves_nothing_behind(tmp_path: Path) -> None:
    gathering = Gathering(tmp_path / "pages", PAGE.encode)
    gathering.write()
    gathering.withdraw()
    assert not (tmp_path / "pages").exists()
