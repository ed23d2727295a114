"""The report: its numbers are the runs' numbers, its file needs nobody."""

import json
import re
from dataclasses import replace

import pytest

from core.pruning.method import Method
from core.pruning.methods import METHODS
from core.pruning.sparse_training.gammas import Gammas
from core.report.answers.pruning import pruning_answers
from core.report.evidence import Evidence, RunRow, sample_evidence
from core.report.report import answers, render, script_json
from tests.evaluation.points import point as any_point
from tests.runs.histories import history

TWENTY = ((2, 2, 0, 0, 0), (1, 3, 0, 0, 0), (0, 0, 4, 0, 0), (0, 0, 0, 4, 0), (0, 0, 0, 1, 3))
MANY = tuple(tuple(2_000 * (row == column) for column in range(5)) for row in range(5))
ONE_CLASS = tuple((2_000, 0, 0, 0, 0) for row in range(5))


def point(accuracy, sparsity, method="magnitude", **other):
    """Return a point measured on 20 images of five classes."""
    return any_point(accuracy, sparsity, method, **{"confusion": TWENTY, **other})


DENSE = point(0.75, 0.0, "dense", id="dense", label="Dense", parent="", score=0.0)
SURE = {"parent": "dense", "confusion": MANY}  # images enough for small leads


def series(method, *measured, **other):
    """Return one network of a method at 80, 90 and 95 % with these accuracies."""
    levels = (0.8, 0.9, 0.95)
    own = {"parent": "dense", **other}
    return [
        point(a, s, method, id=f"{method}{s}", **own)
        for a, s in zip(measured, levels, strict=False)
    ]


SWEEP = [
    DENSE,
    *series("magnitude", 0.76, 0.74, 0.70),
    *series("l1_filter", 0.72, 0.68, 0.5),
    *series("random", 0.6, 0.5, 0.3),
]


def test_the_sample_report_calls_the_classes_by_their_names() -> None:
    evidence = sample_evidence()
    assert evidence.class_names == ("T-shirt", "pullover", "dress", "coat", "shirt")
    assert len(evidence.points[0].per_class_accuracy) == 5


def said(points: list) -> str:
    return " ".join(pruning_answers(points)[1].sentences)


def test_the_largest_area_is_chosen_on_validation_and_reported_on_the_holdout() -> None:
    # magnitude: .8·.76 + .1·.74 + .05·.70 = .717; L1: .8·.72 + .1·.68 + .05·.5 = .669
    assert "validation images give Magnitude the largest area" in said(SWEEP)
    assert "On the holdout that area is 0.7170; the largest of the others is 0.6690" in said(SWEEP)
    lucky = [replace(p, validation_accuracy=1 - p.accuracy) for p in SWEEP[1:]]
    assert "validation images give Magnitude" not in said(lucky)


def test_networks_that_guess_are_named_once_and_not_ranked() -> None:
    at_chance = [
        DENSE,
        *series("magnitude", 0.2, 0.2, 0.2, confusion=MANY),
        *series("slimming", 0.2, 0.19, 0.205, confusion=ONE_CLASS),
    ]
    told = said(at_chance)
    assert told.count("cannot be told from guessing") == 1
    assert "6 of 6 networks cannot be told from guessing on the holdout (Magnitude at 80%" in told
    assert "above chance (20.0%) or the same class for every image (3 of them). No method" in told
    assert "the best two by validation" not in told
    assert "the largest area" not in told
    assert "guessing" not in said(SWEEP[:7])


def test_a_network_that_answers_one_class_guesses_however_common_that_class_is() -> None:
    one = point(0.7, 0.8, confusion=((70, 0), (30, 0)), parent="dense")
    assert "(Magnitude at 80%)" in said([DENSE, one])
    assert "guessing" not in said([DENSE, replace(one, confusion=((70, 0), (29, 1)))])


def test_a_method_is_ranked_where_one_of_its_seeds_does_better_than_guessing() -> None:
    pairs = [("magnitude", 0.7, 0), ("magnitude", 0.6, 1), ("l1_filter", 0.2, 0)]
    mixed = [
        DENSE,
        *(point(a, 0.9, m, seed=seed, **SURE) for m, a, seed in pairs),
        point(0.5, 0.9, "l1_filter", seed=1, **SURE),
    ]
    assert "1 of 4 networks cannot" in said(mixed)
    assert "Magnitude and L1 filter are the best two by validation" in said(mixed)
    dead = [replace(p, validation_accuracy=0.2) if p.method == "l1_filter" else p for p in mixed]
    assert "best two by validation" not in said(dead)


def test_areas_over_different_sparsities_are_not_compared() -> None:
    # The second method ran at 98 % too, which would add to its area alone.
    more = point(0.6, 0.98, "l1_filter", parent="dense")
    assert "share (80%, 90% and 95%), after 6 epochs" in said([*SWEEP, more])
    apart = [DENSE, *series("magnitude", 0.7), point(0.9, 0.98, "l1_filter", parent="dense")]
    assert "largest area" not in said(apart)


def test_areas_are_those_of_methods_with_two_sparsities_at_least() -> None:
    # One network of a third method neither takes part nor hides the comparison of the others.
    alone = point(0.9, 0.9, "taylor", parent="dense")
    assert "Over the sparsities that Magnitude, L1 filter and Random weights share" in said(
        [*SWEEP, alone]
    )


def test_an_area_says_whether_its_lead_is_clear() -> None:
    # Magnitude .76, .74, .70 and L1 filter .72, .68, .50: 10 points apart on average.
    told = ": 10.0 points of accuracy less on average over 3 pairs of networks, {} than two"
    assert told.format("no more") in said(SWEEP)  # 20 images say little
    images = {"confusion": SURE["confusion"]}
    narrow = series("l1_filter", 0.66, 0.64, 0.60, **images)
    sure = [DENSE, *series("magnitude", 0.76, 0.74, 0.70, **images), *narrow]
    assert told.format("more") in said(sure)


def test_areas_and_times_of_different_epochs_are_not_compared() -> None:
    longer = series("l1_filter", 0.9, 0.9, 0.9, epochs=12.0, seconds=1.0)
    told = said([DENSE, *SWEEP[1:4], *SWEEP[7:], *longer])
    assert "L1 filter the largest area" not in told
    assert "L1 filter with a median of 1.0 s" not in told


def test_the_best_score_is_quoted_with_its_point_and_its_budget() -> None:
    # (.70 + .95) / 2 = .825 is larger than (.74 + .90) / 2 = .82
    assert "choose Magnitude at 95.00% sparsity after 6 epochs of fine-tuning (seed 0)" in said(
        SWEEP
    )
    assert "its score on the holdout is 0.8250, with 70.0% accuracy" in said(SWEEP)


def test_a_control_is_neither_the_best_nor_the_bend() -> None:
    lucky = point(0.95, 0.99, "random", id="lucky", parent="dense")
    told = said([*SWEEP, lucky])
    assert "Of all networks but the controls, validation images choose Magnitude at 95.00%" in told
    assert "Of all networks, validation images choose Magnitude" in said(SWEEP)
    front = [point(a, s, parent="dense") for a, s in ((0.8, 0.5), (0.78, 0.9), (0.6, 0.95))]
    inside = point(0.795, 0.92, "random", id="inside", parent="dense")
    assert "The front without controls bends at 90.0% (Magnitude" in said([DENSE, *front, inside])


def test_nobody_above_the_threshold_is_said_only_after_looking_at_all() -> None:
    # Validation images choose a network that the holdout puts below the threshold.
    unlucky = point(0.59, 0.95, validation_accuracy=0.8, parent="dense")
    assert "its score on the holdout is 0.0000" in said([DENSE, unlucky, point(0.7, 0.5)])
    assert "No network scores above 0" not in said([DENSE, unlucky, point(0.7, 0.5)])
    assert "No network scores above 0 on the holdout" in said([DENSE, unlucky])


def test_the_dense_accuracy_is_kept_up_to_the_sparsest_level_without_a_loss_below() -> None:
    assert "At every sparsity run up to 80.0% the best network by validation" in said(SWEEP)
    weaker = [replace(p, accuracy=p.accuracy - 0.1) if p.zeros else p for p in SWEEP]
    assert "At 80.0%, the lowest sparsity run, the best network" in said(weaker)


def test_a_sparse_network_that_is_better_does_not_hide_a_worse_one_below() -> None:
    bumpy = [DENSE, *series("magnitude", 0.70, 0.80)]
    assert "At 80.0%, the lowest sparsity run" in said(bumpy)
    assert "up to 90" not in said(bumpy)


def test_a_network_is_compared_with_its_own_dense_network() -> None:
    strong = point(0.9, 0.0, "dense", id="strong", label="Strong", parent="", score=0.0)
    child = point(0.8, 0.9, id="child", parent="strong")
    grandchild = point(0.91, 0.95, id="grandchild", parent="child")
    told = said([DENSE, strong, child, grandchild, *series("magnitude", 0.76)])
    assert "At 90.0%, the lowest sparsity run, the best network by validation has 80.0%" in told
    assert "less than Strong (90.0%)" in told
    assert "up to 80.0% the best network by validation is at least as accurate as Dense" in told


ALONE = (
    "Magnitude against Random weights (one pair of networks at each sparsity, so the spread over "
    "seeds is not known)"
)


def test_random_pruning_is_beaten_by_two_standard_errors_or_not_at_all() -> None:
    sure = [replace(p, confusion=SURE["confusion"]) for p in SWEEP]
    assert f"{ALONE}: it beats it at 80%, 90% and 95%." in said(sure)
    assert "within two standard errors of it at 80%" in said(SWEEP)  # 20 images say little
    sunk = [replace(p, accuracy=0.2) if p.method == "magnitude" else p for p in sure]
    assert f"{ALONE}: it is behind it at" in said(sunk)


def test_how_many_pairs_a_verdict_stands_on_is_said() -> None:
    again = [replace(p, id=f"{p.id}-1", seed=1) for p in SWEEP[1:] if p.sparsity < 0.95]
    assert "against Random weights (1 to 2 pairs of networks at each sparsity): it" in said(
        [*SWEEP, *again]
    )


def test_random_pruning_of_another_kind_parent_or_budget_is_no_control() -> None:
    # L1 filter removes channels; random weights are no control of it.
    assert "L1 filter against" not in said(SWEEP)
    for differs in ({"parent": "other"}, {"epochs": 12.0}, {"seed": 5}):
        alone = [DENSE, *series("magnitude", 0.7, 0.7, 0.7), *series("random", 0.3, **differs)]
        assert "against Random weights" not in said(alone)


def about_gamma(*near: int) -> list[str]:
    """Return what question 1.3.1 says of γ: networks that lost 100 channels, so many near zero."""
    made = [
        point(0.7, 0.9, "slimming", id=str(n), notes=(Gammas(n, 100, 0.3, 0.6).note,)) for n in near
    ]
    return [s for s in pruning_answers([DENSE, *made])[0].sentences if "|γ| below" in s]


def test_gamma_near_zero_is_said_where_it_was_measured() -> None:
    assert about_gamma(100, 95) == [
        "Network Slimming: in each of its 2 networks, at least 95% of the channels that went had "
        "|γ| below 0.05 when they were cut."
    ]
    without = [DENSE, point(0.7, 0.9, "slimming")]
    assert not [s for s in pruning_answers(without)[0].sentences if "|γ| below" in s]


def test_gamma_far_from_zero_is_not_called_driven_to_it() -> None:
    assert about_gamma(100, 0) == [
        "Network Slimming: in 1 of 2 networks, fewer than 90% of the channels that went had |γ| "
        "below 0.05 when they were cut (in one of them 0%): there the penalty has not driven γ to "
        "zero."
    ]
    for text in pruning_answers([DENSE, point(0.7, 0.9, "slimming")])[0].sentences:
        assert "has driven" not in text


def test_a_lead_within_the_noise_is_called_so() -> None:
    # 10,000 images: at 95 % the lead of 20 points is clear; 20 images: it is not
    clear = [replace(p, confusion=MANY) for p in SWEEP]
    assert "Magnitude leads by 20.0 points over 1 pair" in said(clear)
    assert ": more than two standard errors" in said(clear)
    assert "no more than two standard errors" in said(SWEEP)


def test_fewer_than_three_sparsities_are_admitted_method_by_method() -> None:
    assert "Every method was run at 3 or more sparsities, 80% to 95%" in said(SWEEP)
    assert "fewer were run with Magnitude" in said([DENSE, SWEEP[1]])
    one_each = [DENSE, SWEEP[1], SWEEP[5], SWEEP[9]]
    assert "fewer were run with Magnitude, L1 filter and Random weights" in said(one_each)


def test_sparsities_within_half_a_point_are_one() -> None:
    near = [point(a, s, parent="dense") for a, s in ((0.8, 0.9497), (0.79, 0.95), (0.7, 0.953))]
    assert "fewer were run with Magnitude" in said([DENSE, *near])
    assert "bends" not in said([DENSE, *near])


def test_a_bend_says_what_a_point_of_sparsity_costs_before_and_after() -> None:
    # .8 at 50 %, .78 at 90 %, .60 at 95 %: 2 points in 40 before, 18 points in 5 after.
    front = [point(a, s, parent="dense") for a, s in ((0.8, 0.5), (0.78, 0.9), (0.6, 0.95))]
    assert "The front bends at 90.0%" in said([DENSE, *front])
    assert "costs 0.05 points of accuracy on average, beyond the bend 3.60" in said([DENSE, *front])


def test_unequal_budgets_are_admitted() -> None:
    assert "the same budget of 6 fine-tuning epochs" in said(SWEEP)
    longer = [*SWEEP[:-1], replace(SWEEP[-1], epochs=12.0)]
    assert "The budgets differ, from 6 to 12" in said(longer)


def test_the_cheapest_method_has_the_smallest_median_time() -> None:
    timed = [replace(p, seconds=20.0 if p.method == "l1_filter" else 60.0) for p in SWEEP]
    assert re.search(r"Cheapest after 6 epochs .* L1 filter with a median of 20.0 s", said(timed))
    assert "3.0 times as long" in said(timed)


def test_every_method_used_is_described_with_its_paper() -> None:
    text = " ".join(pruning_answers(SWEEP)[0].sentences)
    assert "3 methods made 9 networks" in text
    assert "arXiv:1506.02626" in text
    assert "arXiv:1608.08710" in text


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_is_explained_and_its_paper_named_once(method: Method) -> None:
    (described,) = pruning_answers([DENSE, point(0.7, 0.5, method.name)])[0].sentences[1:]
    assert described.count(method.paper) == 1
    assert method.doc.split(".")[0] in described


def test_without_points_the_report_says_what_to_run() -> None:
    assert all("Start a sweep" in answer.missing for answer in pruning_answers([DENSE]))


def test_every_question_of_the_assignment_is_there_in_order() -> None:
    numbers = [answer.number for answer in answers(Evidence("Empty"))]
    assert numbers == ["1.3.1", "1.3.2", "2.3.1", "2.3.2", "2.3.3", "2.3.4"]


@pytest.fixture(scope="module")
def page() -> str:
    histories = (
        history("SGD <b>", [0.1, 0.3, 0.5], algorithm="minibatch_sgd"),
        history("FedAvg", [0.1, 0.5, 0.7]),
        history("Mixed", [0.1, 0.4, 0.3], data="synthetic:1,1"),
    )
    run = {"id": "0123456789abcdef", "kind": "sweep", "seed": 7, "settings": {"seeds": 1}}
    evidence = Evidence("My </script> report", tuple(SWEEP), histories, (run,), (("NumPy", "2"),))
    return render(evidence, {"": "Hello <i>reader</i>", "1.3.2": "My own words."})


def test_the_file_asks_no_network_and_says_so_to_the_browser(page: str) -> None:
    assert "default-src 'none'" in page
    without_plotly = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["'](?!#)""", without_plotly)


def test_plotly_is_inlined_once(page: str) -> None:
    assert page.count("* plotly.js v") == 1
    assert len(page) < 6_000_000


def test_texts_of_strangers_stay_text(page: str) -> None:
    assert "<i>reader</i>" not in page
    assert "My &lt;/script&gt; report" in page
    assert "SGD &lt;b&gt;" in page


def test_every_chart_has_its_figure_and_its_sentence(page: str) -> None:
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)[1])
    assert set(re.findall(r'class="plot" id="([^"]+)"', page)) == set(figures)
    written = json.dumps(figures)
    assert all(figure["data"] for figure in figures.values())
    assert not any(token in written for token in ("$text", "$card", "$page"))
    assert len(re.findall(r'role="img" aria-label="[^"]{20,}', page)) == len(figures)


def test_notes_seeds_digests_and_versions_are_in_the_file(page: str) -> None:
    for part in ("My own words.", "0123456789abcdef", "NumPy 2", "digest of the file"):
        assert part in page


def test_numbers_in_the_tables_are_the_points_numbers(page: str) -> None:
    for each in SWEEP:
        assert f"<td>{each.zeros}</td>" in page


def test_json_inside_a_script_cannot_end_it() -> None:
    assert "</script>" not in script_json({"label": "</script><script>alert(1)"})
    assert json.loads(script_json({"label": "</script>"})) == {"label": "</script>"}


def test_methods_that_take_as_long_are_not_ranked_by_cost() -> None:
    assert "The medians of all methods lie within 5% of 60.0 s a network" in said(SWEEP)


def test_the_control_is_never_recommended() -> None:
    quick = [replace(p, seconds=1.0 if p.method == "random" else p.seconds) for p in SWEEP]
    assert "Fewest needs: Magnitude and L1 filter; each needs nothing but the weights" in said(
        quick
    )
    assert "with a median of 1.0 s" not in said(quick)


def test_a_tie_in_ease_names_all_and_fewer_settings_win() -> None:
    tied = said([DENSE, *series("l1_filter", 0.7), *series("magnitude", 0.7)])
    assert "Fewest needs: L1 filter and Magnitude" in tied
    one = said([DENSE, *series("thinet", 0.7), *series("magnitude", 0.7)])
    assert "Fewest needs: Magnitude; it needs nothing but the weights" in one


def test_the_report_names_its_data_set_and_shows_no_json() -> None:
    run = RunRow("0123456789abcdef", "sweep", "done", 7, "toy", 1.5, "seeds 1; epochs 2")
    page = render(replace(sample_evidence(), runs=(run,)))
    assert page.count("Data set: the bundled garments.") > 1  # the header and the captions
    assert '<td class="id">0123456789abcdef</td>' in page
    assert "<td>seeds 1; epochs 2</td>" in page


def test_a_printed_report_keeps_headings_with_what_follows_and_breaks_tables_by_rows() -> None:
    page = render(sample_evidence())
    printed = page[page.index("@media print") : page.index("</style>")]
    assert "h1, h2, h3, h2 + p { break-after: avoid; }" in printed
    assert "figure, tr, .note { break-inside: avoid; }" in printed  # no table is kept whole
    assert "beforeprint: { width: 688, height: 290 }" in page  # as a browser's test measures
