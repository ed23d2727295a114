"""Every page with a network other than the reference in the workspace: what it shows and asks."""

import shutil

import pytest

from core.evaluation.behaviour import BehaviourSpec
from core.grading.spec import GradeSpec
from core.jobs.engine.lock import FileLock
from core.jobs.store.store import Store
from core.networks.network_store import kept_network
from core.pruning.plan import REFERENCE_ONLY, PrunePlan
from core.pruning.preview.spec import CurveSpec, PreviewSpec, SensitivitySpec
from core.pruning.search.spec import CompeteSpec
from core.pruning.spec import PruneSpec
from core.runs.specs import spec_of
from core.tasks import comparing, exploring, networks
from core.workspace import Workspace
from tests.pages.conftest import all_text, button
from tests.tasks.test_other_networks import Lab

pytestmark = pytest.mark.slow  # whole pages, and TensorFlow for what they show
SHARES = {"stem": 0.5, "inner": 0.5}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A workspace in which a residual network was taken in, pruned twice, and looked at."""
    lab = Lab(tmp_path_factory.mktemp("finished"))
    dense, _ = lab.imported()
    ids = {"data": lab.data, "dense": dense}
    for method in ("magnitude", "l1_filter"):
        plan = PrunePlan(method=method, sparsity=0.4, epochs=0)
        ids[method], _ = lab.run(
            networks.prune_network, PruneSpec(data=lab.data, dense=dense, plan=plan)
        )
    asked = {"data": lab.data, "dense": dense, "method": "magnitude"}
    lab.run(exploring.preview, PreviewSpec(**asked, with_images=True))
    filters = {**asked, "method": "l1_filter"}
    lab.run(exploring.preview, PreviewSpec(**filters, with_images=True))
    lab.run(exploring.preview, PreviewSpec(**filters, per_layer=SHARES, with_images=True))
    lab.run(exploring.sensitivity_table, SensitivitySpec(**asked))
    lab.run(exploring.curve, CurveSpec(**asked))
    points = (dense, ids["magnitude"], ids["l1_filter"])  # as the page asks: in the order chosen
    lab.run(comparing.compare_behaviour, BehaviourSpec(data=lab.data, points=points))
    lab.store.close()
    return lab.workspace.root, ids


@pytest.fixture
def home(finished, tmp_path, monkeypatch):
    root, ids = finished
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    workspace = Workspace(tmp_path)
    place = FileLock(workspace.engine_lock)
    assert place.acquire()
    yield workspace, ids
    place.release()


def shown(test):
    assert not test.exception
    assert not test.error, [each.value for each in test.error]
    return all_text(test)


def pruning(open_page, ids, view):
    return open_page("pruning", view=view, data=ids["data"], dense=ids["dense"])


def test_the_instant_preview_answers_and_draws_weights_before_and_after(home, open_page):
    _, ids = home
    test = pruning(open_page, ids, "explore")
    assert "on the same 12 validation images" in shown(test)
    assert (
        next(each for each in test.metric if each.label == "Sparsity").value == "50.07%"
    )  # 358 of 715
    toggle = next(each for each in test.toggle if each.label == "Least-squares reconstruction")
    assert toggle.disabled
    assert "made for the reference" in toggle.help.lower()


def test_the_preview_has_a_slider_for_each_group_of_units_that_can_be_cut(home, open_page):
    _, ids = home
    test = open_page(
        "pruning", view="explore", data=ids["data"], dense=ids["dense"], method="l1_filter"
    )
    shown(test)
    next(each for each in test.toggle if each.label.startswith("Set the sparsity")).set_value(True)
    test.run()
    labels = [each.label for each in test.slider]
    assert labels == ["Sparsity", "stem", "inner"]
    for name, share in SHARES.items():
        next(each for each in test.slider if each.label == name).set_value(share)
    test.run()
    assert "all that are tied to it" in shown(test)
    assert next(each for each in test.metric if each.label == "Accuracy").value.endswith("%")


def test_sensitivity_and_one_shot_curve_are_shown(home, open_page):
    _, ids = home
    text = shown(pruning(open_page, ids, "sensitivity"))
    assert "Validation accuracy with a single layer pruned by Magnitude" in text
    assert "Validation accuracy after a single cut, without retraining" in text


def test_the_form_of_one_network_asks_for_nothing_without_effect(home, open_page):
    workspace, ids = home
    test = pruning(open_page, ids, "one")
    assert "made for the reference network; they are not asked" in shown(test)
    asked = {each.label for kind in (test.toggle, test.number_input) for each in kind}
    hidden = {name.replace("_", " ").capitalize() for name in REFERENCE_ONLY}
    assert not asked & hidden
    assert "Distillation" in asked
    button(test, "Start").click().run()
    store = Store(workspace.store_url)
    (new,) = [job for job in store.jobs(kind="prune") if job.state == "queued"]
    store.close()
    assert spec_of(new).dense == ids["dense"]


def test_a_competition_prunes_the_chosen_network(home, open_page):
    workspace, ids = home
    test = pruning(open_page, ids, "compete")
    assert "it prunes the chosen network" in shown(test)
    button(test, "Compete").click().run()
    store = Store(workspace.store_url)
    (job,) = store.jobs(kind=CompeteSpec.kind)
    store.close()
    assert spec_of(job).dense == ids["dense"]


def test_a_card_has_its_files_and_its_notes(home, open_page):
    _, ids = home
    test = open_page(
        "pruning", view="sweep", data=ids["data"], dense=ids["dense"], point=ids["l1_filter"]
    )
    shown(test)
    labels = [each.label for each in test.get("download_button")]
    for name in ("pruned.keras", "compact.keras", "compact.tflite", "compact.onnx"):
        assert f"Download {name}" in labels


def test_a_card_without_a_smaller_network_says_why(home, open_page):
    _, ids = home
    asked = {"view": "sweep", "data": ids["data"], "dense": ids["dense"]}
    for method, is_said in (("magnitude", True), ("l1_filter", False)):
        text = shown(open_page("pruning", **asked, point=ids[method])).replace("\\", "")
        assert ("there is no smaller network to offer" in text) == is_said


def test_a_card_opens_the_layers_of_a_residual_network_and_their_kernels(home, open_page):
    _, ids = home
    test = open_page(
        "pruning", view="sweep", data=ids["data"], dense=ids["dense"], point=ids["l1_filter"]
    )
    assert "Layer" not in [each.label for each in test.selectbox]
    test.session_state["frontier:card:view"] = "Architecture"
    text = shown(test.run()).replace("\\", "")
    assert "14 layers." in text
    assert "**stem** (Conv2D) → 9 × 9 × 6." in text
    assert "unit 0 of stem/kernel" in text or "unit 1 of stem/kernel" in text
    for name in ("depthwise", "inner_bn", "add", "head"):
        next(each for each in test.selectbox if each.label == "Layer").set_value(name)
        text = shown(test.run()).replace("\\", "")
        assert f"**{name}** (" in text
    assert "unit 0 of head/kernel: 6 inputs of 1 × 1" in text


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("Settings", "Settings that differ"),
        ("Layers", ""),
        ("Weights", "Rows are inputs"),
        ("Predictions", "holdout images"),
    ],
)
def test_two_networks_are_compared_in_every_view(home, open_page, view, said):
    _, ids = home
    chosen = f"{ids['magnitude']},{ids['l1_filter']}"
    test = open_page("frontier", data=ids["data"], points=chosen, compare=view)
    text = shown(test)
    helps = [str(each.help) for each in test.get("button_group")]
    assert said in "\n".join((text, *helps))


@pytest.mark.parametrize("page", ["home", "data", "training", "runs", "report", "learn", "grading"])
def test_every_other_page_opens(home, open_page, page):
    _, ids = home
    shown(open_page(page, data=ids["data"]))


def test_federated_training_begins_with_a_run_of_another_network(home, open_page):
    workspace, ids = home
    test = open_page("federated", data=ids["data"], question="own", start=ids["l1_filter"])
    shown(test)
    start = next(each for each in test.selectbox if each.label == "Initial weights")
    assert start.value == ids["l1_filter"]
    button(test, "Start").click().run()
    shown(test)
    store = Store(workspace.store_url)
    (job,) = store.jobs(kind="federate_network")
    store.close()
    spec = spec_of(job)
    assert (spec.start, spec.keep_zeros) == (ids["l1_filter"], True)


def test_hand_ins_of_another_architecture_are_graded_as_such(home, open_page):
    workspace, ids = home
    test = open_page("grading", data=ids["data"])
    next(each for each in test.selectbox if each.label == "Handed in").set_value("lenet-300-100")
    test.run()
    assert "for hand-ins of the reference network" in shown(test)
    upload = next(each for each in test.file_uploader if "Weights files" in each.label)
    upload.upload("mine.keras", b"anything", "application/zip").run()
    button(test, "Grade").click().run()
    shown(test)
    store = Store(workspace.store_url)
    (job,) = store.jobs(kind=GradeSpec.kind)
    store.close()
    network, _ = kept_network(workspace.networks, spec_of(job).network)
    assert (network.input_shape, network.classes) == ((9, 9, 1), 3)


@pytest.mark.parametrize("view", ["explore", "one", "sweep"])
def test_a_form_says_how_far_single_weights_can_be_cut(home, open_page, view):
    _, ids = home
    text = all_text(pruning(open_page, ids, view))
    assert "at most 86.5% can be zero: 91 of 715 parameters are never cut" in text


@pytest.mark.parametrize(
    ("view", "box"), [("explore", "Sparsity"), ("one", "Sparsity"), ("sweep", "")]
)
def test_a_sparsity_beyond_that_is_refused_before_start(home, open_page, view, box):
    _, ids = home
    test = pruning(open_page, ids, view)
    if view == "sweep":
        assert not test.error  # what is chosen at first can be reached
        next(each for each in test.text_input if each.label.startswith("Other")).set_value("90")
        test.run()
    if box:
        kinds = (*test.slider, *test.number_input)
        next(each for each in kinds if each.label == box).set_value(0.95).run()
    assert any("cannot be reached" in each.value for each in test.error)
    starts = [each for each in test.button if each.label == "Start"]
    assert "Frontier" in [each.value for each in test.subheader]
    assert all(each.disabled for each in starts)


def test_no_form_of_the_reference_network_speaks_of_it(filled_home, open_page):
    _, ids = filled_home
    for view in ("one", "sweep"):
        assert "at most" not in all_text(pruning(open_page, ids, view))
