"""What to do next: each rule by numbers that make it true, and by numbers that make it false."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.runs.home.suggestion import Situation, situation, suggest
from tests.evaluation.points import point

DATA = SimpleNamespace(digest="d" * 16, name="garments", train=6000)


def job(id="j", state="done", kind="prune", share_done=1.0, error=None):
    return SimpleNamespace(id=id, state=state, kind=kind, share_done=share_done, error=error)


def network(found, kind="prune"):
    return SimpleNamespace(point=found, data=DATA.digest, job=job(found.id, kind=kind))


DENSE = network(point(0.8, 0.0, "dense", id="root", label="Dense, quick", zeros=0), "train")


def pruned(accuracy, sparsity, method="magnitude", **more):
    found = point(accuracy, sparsity, method, parent="root", **more)
    plan = {"method": method, "sparsity": sparsity}
    return network(replace(found, plan=plan))


TWO = (pruned(0.75, 0.9), pruned(0.74, 0.9, "l1_filter"))
# Two methods, the best not the sparsest, one setting with two seeds.
SOUND = (*TWO, pruned(0.68, 0.95), pruned(0.67, 0.95, id="again", seed=1))


def found(**more):
    values = {
        "newest": job(),
        "data": DATA,
        "dense": (DENSE,),
        "pruned": SOUND,
        "competed": True,
        "federated": True,
        "labels": {"magnitude": "Magnitude"},
    }
    return Situation(**(values | more))


def test_with_everything_done_the_report_is_next():
    assert suggest(found()).text == "Read the report"
    assert "4 pruned networks" in suggest(found()).reason


def test_a_failure_comes_first_with_its_cause():
    failed = job("bad", "failed", error="The loss is not a number. Choose a smaller rate.")
    answer = suggest(found(newest=failed, competed=False))
    assert (answer.text, answer.parameters) == ("See why it failed", {"run": "bad"})
    assert answer.reason == "The last run ended without a result: The loss is not a number."


@pytest.mark.parametrize(("done", "text"), [(0.4, "Resume it"), (0.0, "Read the report")])
def test_a_stopped_run_is_resumed_if_it_had_got_anywhere(done, text):
    answer = suggest(found(newest=job("half", "stopped", share_done=done)))
    assert answer.text == text
    assert ("40%" in answer.reason) == (done == 0.4)


def test_data_without_a_network_are_trained_on():
    answer = suggest(found(dense=(), pruned=()))
    assert (answer.text, answer.page) == ("Train a network", "training")
    assert "6,000 training images" in answer.reason


def test_the_newest_dense_network_is_pruned_first():
    other = network(point(0.82, 0.0, "dense", id="new", label="Dense, long", zeros=0), "train")
    answer = suggest(found(dense=(other, DENSE)))
    assert (answer.text, answer.parameters["dense"]) == ("Prune it", "new")
    assert "“Dense, long” reaches 82.0%" in answer.reason


def test_a_single_method_has_nothing_to_be_compared_with():
    answer = suggest(found(pruned=(TWO[0], pruned(0.7, 0.95))))
    assert answer.text == "Compare methods"
    assert answer.reason.startswith("All 2 pruned networks are by Magnitude.")
    assert suggest(found(pruned=TWO[:1])).reason.startswith("The 1 pruned network is by Magnitude.")


def test_the_best_at_the_edge_asks_for_more_sparsity():
    edge = (*TWO, pruned(0.74, 0.95))
    answer = suggest(found(pruned=edge))
    assert answer.text == "Prune further"
    assert "0.845" in answer.reason  # (0.74 + 0.95) / 2
    assert "95.0% zeros" in answer.reason
    near = (*TWO, pruned(0.7, 0.9015))  # methods that cut units miss what they are asked for
    assert suggest(found(pruned=near)).text != "Prune further"


def test_single_seeds_are_repeated_with_the_difference_that_may_be_chance():
    answer = suggest(found(pruned=SOUND[:3]))
    assert answer.text == "Repeat with more seeds"
    assert "differ by 0.005 in validation score" in answer.reason  # 0.825 and 0.820
    assert "each of 3 settings" in answer.reason
    assert suggest(found()).text != "Repeat with more seeds"


def test_then_come_a_competition_and_federated_learning():
    assert suggest(found(competed=False)).text == "Compete"
    assert suggest(found(federated=False)).text == "Try FedAvg"
    weak = (pruned(0.5, 0.9), pruned(0.4, 0.9, "l1_filter"))  # below the threshold: no score
    assert suggest(found(pruned=weak, competed=False)).text != "Compete"


def test_the_situation_is_that_of_the_data_set_worked_on_last(tmp_path):
    from core.data.store import list_stored
    from core.jobs.store.store import Store
    from core.runs.network_list import NetworkList
    from core.workspace import Workspace
    from tests.runs.finished_lab import fill

    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    known = NetworkList(store).now().networks
    now = situation(store, known, list_stored(workspace), {}, federated=True)
    store.close()
    assert now.data.digest == ids["data"]
    assert len(now.dense) == 1
    assert len(now.pruned) == len(known) - 1
    assert suggest(now).text in {"Repeat with more seeds", "Prune further"}


def test_a_control_at_the_edge_is_not_the_best():
    lucky = pruned(0.78, 0.95, "random")
    assert suggest(found(pruned=(*SOUND, lucky))).text == "Read the report"
