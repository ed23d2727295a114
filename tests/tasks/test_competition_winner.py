"""More time for a finished competition's winner: the better of both wins, nothing is lost."""

from types import SimpleNamespace

import pytest

from core.errors import JobError
from core.jobs.store.store import Store
from core.pruning.search.competition import Made
from core.pruning.search.proposals import START, Entry
from core.pruning.search.spec import CompeteResult, CompeteSpec
from core.runs.finished.networks import network_of
from core.tasks import competition
from core.workspace import Workspace
from tests.runs.finished_lab import fill, finish

BEFORE = Entry(dict(START), 9, 0.79, 0.95, 0.87, 300.0)


@pytest.fixture
def lab(tmp_path):
    workspace = Workspace(tmp_path)
    ids = fill(workspace)
    store = Store(workspace.store_url)
    winner = network_of(store.get(ids["magnitude-0.95"]))
    result = CompeteResult(ids["dense"], winner.job.id, (BEFORE,), winner.point)
    ids["before"] = finish(store, CompeteSpec(data=ids["data"], minutes=10), result)
    yield SimpleNamespace(store=store, workspace=workspace, seed=0, job_id="now"), ids
    store.close()


def after(monkeypatch, lab, accuracy):
    context, ids = lab
    asked = []

    def trained_on(minutes, seed, trainer, winner, entry):
        asked.append((minutes, winner, entry))
        reached = (accuracy + 0.95) / 2
        made = Made(ids["l1_filter-0.8"], accuracy, 0.95, reached, 600.0, 20)
        return made, Entry({**entry.values}, 20, accuracy, 0.95, reached, 600.0)

    monkeypatch.setattr(competition, "trained_on", trained_on)
    spec = CompeteSpec(data=ids["data"], minutes=10, after=ids["before"])
    found = competition.competition(context, spec)
    assert asked == [(10, ids["magnitude-0.95"], BEFORE)]
    assert [entry.accuracy for entry in found.tried] == [0.79, accuracy]
    return found, ids


def test_the_better_network_is_the_new_winner(monkeypatch, lab):
    found, ids = after(monkeypatch, lab, 0.80)
    assert found.best == ids["l1_filter-0.8"]
    assert found.point_of_best.method == "l1_filter"


def test_a_worse_one_leaves_the_winner_what_it_was(monkeypatch, lab):
    found, ids = after(monkeypatch, lab, 0.78)
    assert found.best == ids["magnitude-0.95"]
    assert found.point_of_best.method == "magnitude"


def test_a_winner_stays_with_its_images(lab):
    context, ids = lab
    spec = CompeteSpec(data="0" * 16, minutes=5, after=ids["before"])
    with pytest.raises(JobError, match="another data set"):
        competition.competition(context, spec)


def test_only_a_finished_competition_has_a_winner(lab):
    context, ids = lab
    running = context.store.submit(CompeteSpec(data=ids["data"], minutes=30), 0)
    for run in (running, ids["dense"]):
        with pytest.raises(JobError, match="Only the winner of a finished competition"):
            competition.competition(context, CompeteSpec(data=ids["data"], minutes=5, after=run))
