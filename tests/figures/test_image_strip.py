import re
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.behaviour import Change
from core.evaluation.forgetting import Curve
from core.evaluation.forgotten import KINDS, Forgotten
from core.figures.image_strip import (
    COLORS,
    SIGNS,
    falling_tiles,
    forgetting_sentence,
    forgotten_sentence,
    legend,
    lost_sentence,
    tiles,
)

NAMES = ("cat", "dog")
LOST = Change(row=7, label=0, before=0, after=1, before_confidence=0.97, after_confidence=0.61)
BACKGROUNDS = ("#ffffff", "#10161b")  # about those of the two themes


def found(*counts):
    return Forgotten(
        class_names=NAMES, looked_at=sum(counts), counts=counts, images=(LOST,), exemplars=()
    )


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_tile_says_in_words_all_that_it_shows():
    (tile,) = tiles([LOST], NAMES)
    assert tile.alt == (
        "cat: newly wrong; the dense network says cat, 97% and the pruned network says dog, 61%"
    )
    assert [(bar.network, bar.name, bar.share) for bar in tile.bars] == [
        ("dense", "cat", 0.97),
        ("pruned", "dog", 0.61),
    ]


def test_every_kind_has_a_sign_and_a_colour_of_its_own_and_a_count():
    shown = legend(found(5, 3, 2, 1))
    assert [(each.kind, each.count) for each in shown] == list(
        zip(KINDS, (5, 3, 2, 1), strict=True)
    )
    assert len({each.sign for each in shown}) == len({each.color for each in shown}) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_colours_and_signs_can_be_read_in_both_themes(kind):
    assert re.fullmatch("#[0-9a-f]{6}", COLORS[kind])
    assert all(contrast(COLORS[kind], each) >= 3 for each in BACKGROUNDS)
    assert contrast(COLORS[kind], "#ffffff") >= 4.5  # the sign is white
    assert SIGNS[kind]


def test_the_sentence_counts_both_directions():
    assert forgotten_sentence(found(90, 1, 0, 9)) == (
        "Of 100 validation images, 1 is newly wrong and 0 newly right."
    )
    assert "1,200 are newly wrong and 3 newly right" in forgotten_sentence(found(0, 1200, 3, 0))
    assert forgotten_sentence(found(90, 1, 0, 9), 125).startswith(
        "Of 100 validation images (of 125)"
    )
    assert "(of" not in forgotten_sentence(found(90, 1, 0, 9), 100)  # all were looked at


def test_a_cut_that_changes_nothing_is_said_to_change_nothing():
    assert "none changed sides" in forgotten_sentence(found(90, 0, 0, 10))
    assert "none changed sides" not in forgotten_sentence(found(90, 0, 1, 9))


def test_the_lost_images_are_said_to_be_all_or_the_surest_of_how_many():
    assert lost_sentence(found(90, 0, 2, 8)) == (
        "Of 100 validation images the pruned network lost none that the dense one classified "
        "correctly."
    )
    only = replace(found(90, 1, 2, 7), exemplars=(LOST,))
    assert lost_sentence(only).endswith("1 is wrong now and was right before. This is it.")
    some = replace(found(90, 5, 2, 3), exemplars=(LOST, LOST))
    assert lost_sentence(some).endswith(
        "5 are wrong now and were right before. These are the 2 of which the dense network was "
        "surest."
    )


def falling():
    """Two images of a cat at two levels: the first falls at 90%, the second was never right."""
    return Curve(
        levels=np.array([0.5, 0.9]),
        labels=np.zeros(2, int),
        before=np.array([0, 1]),
        before_sure=np.array([0.9, 0.6]),
        after=np.array([[0, 1], [1, 1]]),
        after_sure=np.full((2, 2), 0.5),
    )


def test_a_click_on_a_falling_image_tells_the_level_at_which_it_falls():
    first, second = falling_tiles(falling(), [0, 1], 0, NAMES)
    assert (first.note, first.pick) == ("falls at 90%", "0.9")
    assert first.alt.endswith("; falls at 90%")
    assert (second.note, second.pick) == ("wrong from the start", "")


def test_the_sentence_counts_what_has_fallen_and_what_stays_right():
    assert forgetting_sentence(falling(), 0) == (
        "Of 1 image that the dense network classifies correctly, 0 have fallen by 50%; 0 stay "
        "right up to 90%."
    )
    assert "1 has fallen by 90%" in forgetting_sentence(falling(), 1)
