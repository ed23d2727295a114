"""A workspace into which somebody imported three dozen odd zips: every page still opens."""

import io

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import UploadError
from core.grading.leaderboard import board_of, gradings
from core.jobs.engine.lock import FileLock
from core.jobs.store.store import Store
from core.jobs.transfer.bundle_import import import_run
from core.runs import imported
from core.runs.activity import overview, recent
from core.runs.finished.networks import measured_networks, network_of
from core.runs.import_checks import check_file, check_run, measured_from_file
from core.runs.specs import resources_of
from core.workspace import Workspace
from tests import odd_bundles
from tests.pages.conftest import all_text
from tests.runs.finished_lab import fill

pytestmark = pytest.mark.slow  # whole pages

PAGES = (
    *("home", "data", "training", "pruning", "frontier"),
    *("federated", "grading", "report", "learn", "runs"),
)
REFUSED = {
    *("parents in a circle", "its own parent", "not a number", "accuracy of seven"),
    *("a crooked confusion", "endless label", "endless notes", "no result"),
    *("a plan of no numbers", "an agreement of no number", "bytes beyond counting"),
    *("a confusion beyond counting", "a result of another kind"),
    *("an unknown kind", "settings of a stranger"),
    *("a try of seven", "a try of no number", "a try with a score of its own"),
    *("a try in no time", "a try of endless time", "a try with settings of no plan"),
    *("a try with a sparsity of no plan", "a winner that was not the best"),
    *("a winner with a score of its own", "a winner of no try"),
    *("a curve beyond all", "weights of another ending", "weights in a folder"),
    *("arrays that burst", "arrays of a later zip"),
}


def take_in(store: Store, workspace: Workspace, content: io.BytesIO) -> str:
    done = import_run(
        store, workspace, content, check_file, resources_of, check_run, measured_from_file
    )
    return done.run


@pytest.fixture(scope="module")
def odd_home(tmp_path_factory):
    """The workspace, the ids in it, and what was said to each zip: its run or the refusal."""
    root = tmp_path_factory.mktemp("odd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARETO_LAB_HOME", str(root))
        patch.delenv("PARETO_LAB_STORE", raising=False)
        workspace = Workspace(root)
        place = FileLock(workspace.engine_lock)
        assert place.acquire()
        ids = fill(workspace)
        store = Store(workspace.store_url)
        said: dict[str, str] = {}
        for name, content in odd_bundles.odd_ones(ids["data"], ids["dense"], root).items():
            try:
                said[name] = take_in(store, workspace, content)
            except UploadError as error:
                said[name] = f"refused: {error}"
        yield workspace, store, ids, said
        store.close()
        place.release()


def fine(test: AppTest) -> AppTest:
    assert not test.exception, [each.value for each in test.exception]
    assert not [e.value for e in test.error if "on our side" in e.value]
    return test


def test_each_zip_is_marked_or_refused_with_a_sentence(odd_home):
    _, store, _, said = odd_home
    refused = {name: words for name, words in said.items() if words.startswith("refused")}
    assert set(refused) == REFUSED, refused
    assert all(words.endswith(".") for words in refused.values())
    assert all(store.get(id).imported for name, id in said.items() if name not in refused)
    assert len(said) > 30


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(odd_home, open_page, page):
    fine(open_page(page))


def test_the_details_of_every_import_open_and_say_so(odd_home, open_page):
    _, _, _, said = odd_home
    for name, id in said.items():
        if name not in REFUSED:
            assert "imported" in all_text(fine(open_page("runs", run=id))).lower(), name


def test_no_forged_number_is_the_best_of_anything(odd_home, open_page):
    _, store, ids, said = odd_home
    best = overview(store).best
    assert best is not None
    assert (best.imported, best.score < odd_bundles.FORGED) == (False, True)
    assert all(not row.best for row in recent(store, 100) if row.job.imported)
    assert "0.99" not in all_text(open_page("home"))
    forged = network_of(store.get(said["forged score"]))
    assert forged.point.label.endswith(", imported")
    found = gradings(store, ids["data"])
    assert board_of(found, store.get(said["forged rank"])) == []
    assert not store.is_known(said["forged cache"])


def test_zeros_and_size_are_counted_in_the_file_not_in_the_zips_words(odd_home):
    """The file has 592,933 parameters; of them only the biases are 0, hence no score."""
    _, store, _, said = odd_home
    counted = network_of(store.get(said["forged score"])).point
    assert counted.parameters == 592_933
    biases = sum(layer.units for layer in counted.layers)
    assert counted.zeros == biases
    assert counted.sparsity == biases / 592_933
    assert counted.score == pytest.approx((odd_bundles.FORGED + counted.sparsity) / 2)


def test_a_network_without_a_file_has_the_score_that_its_numbers_give(odd_home):
    _, store, _, said = odd_home
    claimed = network_of(store.get(said["a score of its own"])).point
    assert (claimed.accuracy, claimed.sparsity) == (0.8, odd_bundles.FORGED)
    assert claimed.score == pytest.approx((0.8 + odd_bundles.FORGED) / 2)  # its zip says 0.99


def test_imported_weights_are_measured_here_where_the_images_are(odd_home):
    workspace, store, ids, said = odd_home
    wanted = [said["forged score"], said["labels alone"], said["a data set nobody has"]]
    [spec] = imported.to_measure(store, workspace, wanted)
    assert spec.data == ids["data"]
    assert (workspace.weights / f"{spec.weights}.h5").is_file()
    told = [imported.told(store, workspace, store.get(id)) for id in wanted]
    assert "has not been measured here yet" in told[0]
    assert "no weights to measure" in told[1]
    assert imported.told(store, workspace, store.get(ids["dense"])) == ""


def test_data_that_came_after_its_runs_lets_them_be_measured_with_one_click(odd_home, open_page):
    workspace, store, _, said = odd_home
    run = said["forged score"]
    can = [imported.can_be_measured(store, workspace, store.get(said[n])) for n in said
           if n not in REFUSED]  # fmt: skip
    assert can.count(True) >= 1
    test = open_page("runs", run=run)
    next(b for b in test.button if b.label == "Measure it here").click().run()
    assert not test.exception
    assert "Its accuracy is measured here by the run" in all_text(test)
    assert "Measure it here" not in [b.label for b in test.button]
    assert not imported.can_be_measured(store, workspace, store.get(run))


def test_every_import_can_be_deleted(odd_home):
    _, store, _, said = odd_home
    before = {network.job.id for network in measured_networks(store) if not network.point.imported}
    for name, id in said.items():
        if name not in REFUSED:
            assert store.delete(id) == [id]
    assert {network.job.id for network in measured_networks(store)} == before
