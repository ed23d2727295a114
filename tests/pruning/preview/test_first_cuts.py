from core.pruning.preview.first_cuts import MOST, FirstCut, cuts_of, metric_of, plans_of


def test_only_methods_that_read_no_images_are_cut_while_a_network_trains():
    plans = plans_of(("magnitude", "thinet", "l1_filter"), (0.8, 0.9))
    assert {plan.method for plan in plans} == {"magnitude"}
    assert {plan.epochs for plan in plans} == {0}


def test_a_large_sweep_is_not_cut_everywhere():
    assert len(plans_of(("magnitude", "l1_filter"), (0.5, 0.6, 0.7, 0.8, 0.9))) == MOST
    assert plans_of(("thinet",), (0.8,)) == []


def test_the_newest_epoch_of_a_recorded_cut_is_read():
    (plan,) = plans_of(("magnitude",), (0.985,))
    metrics = {metric_of(plan): [(1, 0.5), (2, 0.625)], "validation_accuracy": [(1, 0.7)]}
    assert cuts_of(metrics) == (FirstCut("magnitude", 0.985, 0.625, 2),)
