"""The model map and the settings that differ."""

from core.evaluation.differences import Difference, differences
from core.evaluation.lineage import family
from tests.evaluation.points import point

DENSE = point(0.75, 0.0, "dense", id="dense", parent="")
GOOD = point(0.74, 0.9, id="good", parent="dense")
POOR = point(0.60, 0.9, id="poor", parent="dense", method="random")
AGAIN = point(0.70, 0.98, id="again", parent="good")


def test_children_stand_one_step_further_and_the_better_one_above() -> None:
    nodes = {node.id: node for node in family([POOR, AGAIN, DENSE, GOOD])}
    assert [nodes[id].depth for id in ("dense", "good", "poor", "again")] == [0, 1, 1, 2]
    # leaves: again (under good) is row 0, poor row 1; good stands over again, dense between
    assert [nodes[id].row for id in ("again", "good", "poor", "dense")] == [0, 0, 1, 0.5]


def test_parents_come_before_children() -> None:
    assert next(node.id for node in family([AGAIN, POOR, GOOD, DENSE])) == "dense"


def test_a_point_whose_parent_is_gone_is_a_root() -> None:
    (node,) = family([GOOD])
    assert (node.parent, node.depth) == ("", 0)


def test_points_that_claim_each_other_as_parents_are_roots() -> None:
    circle = [point(0.7, 0.9, id="a", parent="b"), point(0.6, 0.9, id="b", parent="a")]
    assert {node.id: node.parent for node in family(circle)} == {"a": "", "b": ""}


def test_only_settings_that_differ_are_listed() -> None:
    one = point(0.7, 0.9, id="a", plan={"sparsity": 0.9, "recipe": {"epochs": 6, "rate": 0.001}})
    two = point(0.7, 0.9, id="b", plan={"sparsity": 0.9, "recipe": {"epochs": 9, "rate": 0.001}})
    assert differences([one, two]) == [Difference("recipe.epochs", {"a": 6, "b": 9})]


def test_a_setting_that_one_point_lacks_is_listed_as_absent() -> None:
    rows = differences(
        [point(0.7, 0.9, id="a", plan={"quality": 1}), point(0.7, 0.9, id="b", plan={})]
    )
    assert rows == [Difference("quality", {"a": 1, "b": "–"})]
