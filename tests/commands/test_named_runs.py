"""Every option that names a run: nonsense is refused at once, and no job is queued."""

import json
import re

import pytest

from core.commands.command_line import run
from core.jobs.engine import control
from core.jobs.store.store import Store
from core.pruning.search.proposals import START, Entry
from core.pruning.search.spec import CompeteResult, CompeteSpec
from core.pruning.spec import PruneSpec
from core.runs.finished.networks import network_of
from core.runs.specs import result_of, spec_of
from core.training.spec import TrainSpec
from core.workspace import Workspace
from tests.runs.finished_lab import fill, finish

TRIED = Entry(dict(START), 2, 0.74, 0.95, 0.845, 9.0)
NAMING = {  # command -> how it names a run
    "prune": ("prune", "{run}", "--sparsity", "0.9"),
    "sweep": ("sweep", "{run}"),
    "train": ("train", "--start", "{run}"),
    "federate": ("federate", "--start", "{run}"),
    "compete": ("compete", "--after", "{run}"),
}


@pytest.fixture
def lab(monkeypatch, tmp_path, capsys):
    """Return the store, the ids of a finished lab, and how to run a command in the background."""
    monkeypatch.setenv("PARETO_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PARETO_LAB_STORE", raising=False)
    workspace = Workspace(tmp_path / "home")
    ids = fill(workspace)
    store = Store(workspace.store_url)
    winner = network_of(store.get(ids["magnitude-0.95"]))
    result = CompeteResult(ids["dense"], winner.job.id, (TRIED,), winner.point)
    ids["competition"] = finish(store, CompeteSpec(data=ids["data"], minutes=5), result)
    ids["other"] = finish(store, CompeteSpec(data="0" * 16, minutes=5), result)
    dense = result_of(store.get(ids["dense"]))
    ids["stranger"] = finish(store, TrainSpec(data="0" * 16), dense)
    ids["queued"] = store.submit(TrainSpec(data=ids["data"]), 99)
    ids["stopped"] = store.submit(PruneSpec(data=ids["data"], dense=ids["dense"]), 99)
    store.stop(ids["stopped"])

    def call(name, given):
        words = [word.format(run=ids.get(given, given)) for word in NAMING[name]]
        status = run([*words, "--data", ids["data"], "--background", "--json"])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])

    yield store, ids, call
    store.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("NONSENSE", "There is no (run|file) '?NONSENSE'?"),
        ("queued", "has not finished. Wait for it"),
        ("stopped", "was stopped before it finished. Choose another"),
        ("behaviour", "made no network. Choose one that trains, prunes or imports"),
        ("competition", "made no network"),
    ],
)
@pytest.mark.parametrize("name", [name for name in NAMING if name != "compete"])
def test_a_run_without_a_network_is_refused_at_once(lab, name, given, said):
    store, _, call = lab
    before = [job.id for job in store.jobs()]
    status, answer = call(name, given)
    assert status == 1
    assert re.search(said, answer["error"]), answer
    assert [job.id for job in store.jobs()] == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("NONSENSE", "There is no run 'NONSENSE'"),
        ("queued", "Only the winner of a finished competition can be given more time"),
        ("dense", "Only the winner of a finished competition can be given more time"),
        ("other", "was held on another data set"),
    ],
)
def test_only_a_finished_competition_on_these_images_is_given_more_time(lab, given, said):
    store, _, call = lab
    before = [job.id for job in store.jobs()]
    status, answer = call("compete", given)
    assert (status, said in answer["error"]) == (1, True), answer
    assert [job.id for job in store.jobs()] == before


@pytest.mark.parametrize(
    ("name", "given"), [("federate", "dense"), ("train", "dense"), ("compete", "competition")]
)
def test_a_finished_one_is_taken(lab, monkeypatch, name, given):
    store, ids, call = lab
    monkeypatch.setattr(control, "ensure", lambda workspace: None)  # nothing is to be computed
    status, answer = call(name, given)
    assert (status, answer["state"]) == (0, "queued")
    assert ids[given] in store.get(answer["run"]).settings.values()


def test_a_teacher_of_other_images_is_refused_at_once(lab, monkeypatch, capsys, tmp_path):
    """Also where --teachers is given twice, or once with commas, which a file's name may have."""
    store, ids, _ = lab
    stranger = ids["stranger"]
    monkeypatch.setattr(control, "ensure", lambda workspace: None)
    before = len(store.jobs())
    words = ["prune", ids["dense"], "--data", ids["data"], "--sparsity", "0.9", "--background"]
    for taught in ([f"{ids['dense']},{stranger}"], [ids["dense"], stranger]):
        options = [word for each in taught for word in ("--teachers", each)]
        assert run([*words, *options, "--json"]) == 1
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert f"The teacher {stranger} was trained on another data set" in answer["error"]
    assert len(store.jobs()) == before
    options = ("--teachers", f"{ids['dense']},", "--teachers", ids["magnitude-0.95"])
    assert run([*words, *options, "--json"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert spec_of(store.get(made)).teachers == (ids["dense"], ids["magnitude-0.95"])
    named = tmp_path / "a,b.h5"
    named.write_bytes(b"no weights")
    assert run([*words, "--teachers", str(named), "--json"]) == 1
    assert "This is not a weights file" in capsys.readouterr().out
