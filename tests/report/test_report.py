"""The report: its numbers are the runs' numbers, its file needs nobody."""

import json
import re
from dataclasses import replace

import pytest

from core.pruning.method import Method
from core.pruning.methods import METHODS
from core.report.answers.pruning import pruning_answers
from core.report.evidence import Evidence, sample_evidence
from core.report.report import answers, render, script_json
from tests.evaluation.points import point
from tests.runs.histories import history

DENSE = point(0.75, 0.0, "dense", id="dense", label="Dense", parent="", score=0.0)
SWEEP = [
    DENSE,
    *(point(a, s, id=f"m{s}") for a, s in ((0.76, 0.8), (0.74, 0.9), (0.70, 0.95))),
    *(point(a, s, "l1_filter", id=f"l{s}") for a, s in ((0.72, 0.8), (0.68, 0.9), (0.5, 0.95))),
    *(point(a, s, "random", id=f"r{s}") for a, s in ((0.6, 0.8), (0.5, 0.9), (0.3, 0.95))),
]


def test_the_sample_report_calls_the_classes_by_their_names() -> None:
    evidence = sample_evidence()
    assert evidence.class_names == ("T-shirt", "pullover", "dress", "coat", "shirt")
    assert len(evidence.points[0].per_class_accuracy) == 5


def said(points: list) -> str:
    return " ".join(pruning_answers(points)[1].sentences)


def test_the_leading_method_is_the_one_with_the_larger_area() -> None:
    # magnitude: .8·.76 + .1·.74 + .05·.70 = .717; L1: .8·.72 + .1·.68 + .05·.5 = .669
    assert "Magnitude covers the largest area under its front (0.7170 of 1)" in said(SWEEP)
    swapped = [replace(p, accuracy=1 - p.accuracy) for p in SWEEP[1:]]
    assert "Magnitude covers" not in said(swapped)


def test_the_best_score_is_quoted_with_its_point() -> None:
    # (.70 + .95) / 2 = .825 is larger than (.74 + .90) / 2 = .82
    assert "The best score is 0.8250, by Magnitude at 95.00% sparsity with 70.0%" in said(SWEEP)


def test_the_dense_accuracy_is_kept_up_to_the_sparsest_point_that_reaches_it() -> None:
    assert "Up to 80.0% sparsity (Magnitude) a pruned network is as accurate" in said(SWEEP)
    weaker = [replace(p, accuracy=p.accuracy - 0.1) if p.zeros else p for p in SWEEP]
    assert "No pruned network reaches the dense network's 75.0%" in said(weaker)


def test_random_pruning_is_the_floor_and_a_method_under_it_is_named() -> None:
    assert "Every method beats random pruning" in said(SWEEP)
    sunk = [replace(p, accuracy=0.2) if p.method == "l1_filter" else p for p in SWEEP]
    assert "did not beat random pruning" in said(sunk)


def test_a_lead_within_the_noise_is_called_so() -> None:
    # 10,000 images: at 95 % the lead of 20 points is clear; 20 images: it is not
    clear = [replace(p, confusion=((10_000, 0), (0, 0))) for p in SWEEP]
    assert "is more than two standard errors" in said(clear)
    assert "is less than two standard errors" in said(SWEEP)


def test_fewer_than_three_sparsities_are_admitted() -> None:
    assert "rests on 3 sparsities from 80% to 95%" in said(SWEEP)
    assert "Only 1 of the 3 sparsities" in said([DENSE, SWEEP[1]])


def test_unequal_budgets_are_admitted() -> None:
    assert "the same budget of 6 fine-tuning epochs" in said(SWEEP)
    longer = [*SWEEP[:-1], replace(SWEEP[-1], epochs=12.0)]
    assert "The budgets differ, from 6 to 12" in said(longer)


def test_the_cheapest_method_has_the_smallest_median_time() -> None:
    timed = [replace(p, seconds=20.0 if p.method == "l1_filter" else 60.0) for p in SWEEP]
    assert re.search(r"Cheapest was .* with a median of 20 s a network", said(timed))
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
    assert all(figure["data"] and "$text" not in json.dumps(figure) for figure in figures.values())
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
    assert "All methods took about as long: a median of 60 s a network." in said(SWEEP)


def test_the_control_is_never_recommended() -> None:
    quick = [replace(p, seconds=1.0 if p.method == "random" else p.seconds) for p in SWEEP]
    assert "Easiest to use was Magnitude" in said(quick)
    assert "with a median of 1 s" not in said(quick)
