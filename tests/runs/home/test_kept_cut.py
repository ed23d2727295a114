"""A kept cut and the dot of the same cut have one number."""

from pathlib import Path

from core.pruning.plan import PrunePlan
from core.pruning.preview.first_cuts import FirstCut
from core.pruning.preview.spec import PreviewResult
from core.runs.activity import Family
from core.runs.home.kept_cut import KeptCut, with_kept

DURING = (FirstCut("magnitude", 0.8, 0.792, 3), FirstCut("magnitude", 0.95, 0.18, 3))
FAMILY = Family(dense=None, points=(), sweeps=(), living=(), failed=(), cuts=DURING)


def test_the_kept_cut_takes_the_place_of_its_dot_and_of_no_other():
    result = PreviewResult(
        sparsity=0.80004, accuracy=0.762, dense_accuracy=0.8, score=0.78, images=500, seconds=0.1,
        reconstructed=False, plan=PrunePlan(method="magnitude", sparsity=0.8, epochs=0), layers=(),
        weights="my_model_weights.h5",
    )  # fmt: skip
    shown = with_kept(FAMILY, KeptCut(result, Path("unused"))).cuts
    assert shown == (FirstCut("magnitude", 0.8, 0.762, 0), DURING[1])


def test_without_a_kept_cut_the_family_is_as_it_was():
    assert with_kept(FAMILY, None) is FAMILY
