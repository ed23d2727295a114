"""`python -m benchmarks.competitions` holds competitions and says what they reached."""

import os
import time
from dataclasses import replace

import psutil
import pytest

from benchmarks.competitions import SPIN, one_core_taken
from benchmarks.competitions_page import Row, page, read, write

ROW = Row(
    minutes=30.0,
    seed=0,
    is_busy=False,
    data="abc",
    images=1250,
    accuracy=0.8,
    sparsity=0.97,
    score=0.885,
    dense_accuracy=0.81,
    dense_epochs=60.0,
    epochs=90.0,
    tries=3,
    seconds=1790.0,
    cores=2,
)


def test_rows_are_kept_in_order_and_one_of_each(tmp_path):
    busy = replace(ROW, is_busy=True)
    write(tmp_path / "rows.json", [busy, replace(ROW, seed=1), ROW])
    assert read(tmp_path / "rows.json") == [ROW, replace(ROW, seed=1), busy]
    assert read(tmp_path / "none.json") == []
    assert ROW.key == replace(ROW, score=0.1, seconds=5.0).key != busy.key


def test_the_page_has_a_line_for_each_and_the_mean_of_what_has_several_seeds():
    """sqrt(.8 * .2 / 1250) / 2 = .00566; (.885, .875) have a mean of .88 and an error of .005."""
    rows = [ROW, replace(ROW, seed=1, score=0.875), replace(ROW, is_busy=True, seconds=1755.0)]
    text = page(rows)
    assert (
        "| 30 minutes | 0 | 0.8850 ± 0.0057 | 80.0% | 97.00% | 81.0% | 60 + 90 | 3 | 99.4% |"
        in text
    )
    assert "| 30 minutes, one core taken for the first half | 0 |" in text
    assert "97.5% |" in text
    assert "30 minutes: mean of 2 seeds **0.8800** ± 0.0050 by seed." in text
    assert text.count("mean of") == 1


@pytest.mark.slow
def test_another_program_takes_one_core_and_is_gone_afterwards():
    def spinning():
        children = psutil.Process().children()
        alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return [child for child in alive if SPIN in child.cmdline()]

    with one_core_taken(60.0):
        time.sleep(0.5)
        [program] = spinning()
        assert program.cpu_affinity() == [max(os.sched_getaffinity(0))]
    assert not spinning()
    with one_core_taken(0.2):
        time.sleep(1.0)
        assert not spinning()
