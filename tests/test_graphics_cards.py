"""Each run gets a graphics card to itself, where there is one; nothing else computes there."""

import os
import stat
from pathlib import Path

import pytest

from core import graphics_cards as cards
from core.graphics_cards import Card, first_free, listed_cards, variables
from core.jobs.engine.running import HERE, Running
from core.jobs.engine.workers import Occupied, Worker, allowed_resources, free_worker, runs_at_once
from core.jobs.resources import GIGABYTE, ONE_OF_MANY, RESOURCES
from core.jobs.store.dispatch import Claim
from core.networks import precision

TOOL = "0, NVIDIA A100-SXM4-40GB\n1, NVIDIA A100-SXM4-40GB\n"
TWO = (Card("0", "one"), Card("1", "another"))
MACHINE = Worker("this machine", 16, 64 * GIGABYTE, TWO)


@pytest.fixture(autouse=True)
def nothing_cached():
    cards.graphics_cards.cache_clear()
    precision.has_bfloat16.cache_clear()
    yield
    cards.graphics_cards.cache_clear()
    precision.has_bfloat16.cache_clear()


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """A program that answers as nvidia-smi does, and TensorFlow's libraries for cards."""

    def answer(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(cards, "LIBRARY", "numpy")
    monkeypatch.delenv(cards.VISIBLE, raising=False)
    return answer


def test_cards_are_those_that_nvidias_tool_lists(tool):
    tool(f"printf '{TOOL}'")
    assert [card.number for card in cards.graphics_cards()] == ["0", "1"]
    assert cards.graphics_cards()[0].name == "NVIDIA A100-SXM4-40GB"
    assert cards.on_a_card() == " on NVIDIA A100-SXM4-40GB"


@pytest.mark.parametrize("script", ["exit 9", "echo 'No devices were found'", ""])
def test_a_machine_without_a_driver_has_no_cards(tool, script):
    tool(script)
    assert cards.graphics_cards() == ()
    assert cards.on_a_card() == ""


def test_cards_count_only_with_tensorflows_libraries_for_them(tool, monkeypatch):
    tool(f"printf '{TOOL}'")
    monkeypatch.setattr(cards, "LIBRARY", "no-such-package")
    assert cards.graphics_cards() == ()


@pytest.mark.parametrize(
    ("visible", "numbers"),
    [(None, ["0", "1"]), ("1", ["1"]), ("1,0", ["1", "0"]), ("", []), ("-1", []), ("0,7,1", ["0"])],
)
def test_a_user_decides_which_cards_are_used(visible, numbers):
    assert [card.number for card in listed_cards(TOOL, visible)] == numbers


def test_the_next_run_gets_the_first_free_card():
    assert [first_free(TWO, taken) for taken in ([], ["0"], ["1"], ["0", "1"])] == [
        "0",
        "1",
        "0",
        "",
    ]


def test_as_many_runs_train_as_there_are_cards_and_others_go_on():
    taken = [Occupied("this machine", "tensorflow"), Occupied("this machine", ONE_OF_MANY)]
    assert free_worker(RESOURCES["tensorflow"], [MACHINE], taken[:1]) == "this machine"
    assert free_worker(RESOURCES["tensorflow"], [MACHINE], taken) is None
    assert allowed_resources([MACHINE], taken) == {"numpy"}
    assert runs_at_once(MACHINE) == 2


def test_runners_hold_a_card_each_until_they_end():
    running, claim = Running(), Claim("job", 1, "tensorflow")
    for number in ("0", "1"):
        card = running.free_card("tensorflow", [MACHINE], MACHINE.address)
        assert card == number
        running.add(number, MACHINE.address, claim, None, card)
    assert running.free_card("interactive", [MACHINE], HERE) == ""
    del running["0"]
    assert running.free_card("tensorflow", [MACHINE], MACHINE.address) == "0"


def test_a_run_is_told_of_its_card_alone_and_others_of_none(tool):
    assert variables("") == {}  # nothing is known of cards: nothing is forbidden
    tool(f"printf '{TOOL}'")
    cards.graphics_cards.cache_clear()
    assert variables("")[cards.VISIBLE] == "-1"
    assert variables("1")[cards.VISIBLE] == "1"
    assert variables("1")["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


@pytest.mark.parametrize(
    ("capability", "policy"), [((7, 5), "float32"), ((8, 0), "mixed_bfloat16")]
)
def test_a_card_decides_the_number_format_of_its_run(monkeypatch, capability, policy):
    monkeypatch.setenv(cards.VISIBLE, "0")
    monkeypatch.setattr(precision, "_capability", lambda: capability)
    assert precision.convolution_policy("auto") == policy


@pytest.mark.slow
def test_a_card_that_tensorflow_does_not_find_leaves_the_choice_to_the_processor(monkeypatch):
    monkeypatch.setenv(cards.VISIBLE, "0")
    found = precision.has_bfloat16()
    monkeypatch.delenv(cards.VISIBLE)
    precision.has_bfloat16.cache_clear()
    assert precision.has_bfloat16() == found


def test_the_libraries_are_of_the_version_that_is_installed():
    lines = Path("requirements-gpu.txt").read_text().splitlines()
    pinned = [
        line for line in Path("requirements.txt").read_text().splitlines() if "tensorflow" in line
    ]
    assert [pinned[0].replace("tensorflow", "tensorflow[and-cuda]")] == [
        line for line in lines if "tensorflow" in line
    ]
