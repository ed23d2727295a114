"""Names of downloaded files: one for the hand-in, telling ones for all others."""

from dataclasses import replace

from core.evaluation.file_names import cut_name, names_beside
from tests.evaluation.points import point


def test_a_cut_says_its_method_and_sparsity():
    assert cut_name("my_model_weights.h5", "magnitude", 0.95) == "my_model_weights-magnitude-95.h5"
    # 94.97% is what whole channels reached; 99.99% is not rounded up to all.
    assert cut_name("pruned.keras", "l1_filter", 0.9497) == "pruned-l1_filter-94.97.keras"
    assert cut_name("w.h5", "snip", 0.9999) == "w-snip-99.99.h5"


def test_files_that_stand_side_by_side_have_different_names():
    file = "my_model_weights.h5"
    twins = [point(0.7, 0.95, id=c * 16) for c in "ab"]
    dense = replace(point(0.8, 0.0, "dense"), zeros=0)
    other = point(0.7, 0.9, "snip")
    names = names_beside([("dense.h5", dense), *((file, each) for each in (*twins, other))])
    assert names == [
        "dense.h5",
        "my_model_weights-magnitude-95-aaaaaaaa.h5",
        "my_model_weights-magnitude-95-bbbbbbbb.h5",
        "my_model_weights-snip-90.h5",
    ]
