"""What a competition says of itself while it runs: what it does, its time, its best network."""

from dataclasses import replace

from core.jobs.store.store import Child
from core.pruning.plan import PrunePlan
from core.pruning.search.spec import CompeteSpec, TimingResult, TimingSpec
from core.pruning.spec import PruneSpec
from core.runs.progress.competition_state import competition_state
from core.training.recipe import Recipe
from core.training.spec import TrainSpec
from tests.runs.finished_lab import begin, end, work_until_night


def started(store, spec):
    job_id = store.submit(spec, 0)
    begin(store, job_id)
    return job_id


def order(store, parent, *specs):
    """Order networks as a competition does: all that it has ordered so far, every time."""
    return [job.id for job in store.submit_children(parent, [Child(spec, 0) for spec in specs])]


def pruning(ids, seconds, **values):
    plan = PrunePlan(epochs=5, seconds=seconds, **values)
    return PruneSpec(data=ids["data"], dense=ids["dense"], plan=plan)


def test_each_phase_is_said_with_its_reason(lab):
    store, ids = lab
    run = started(store, CompeteSpec(data=ids["data"], minutes=10))
    now = store.get(run).started + 1.0

    def doing():
        return competition_state(store, store.get(run), now).doing

    assert doing() == "Plans what comes next."
    ordered = [TimingSpec(data=ids["data"], of=run)]
    end(begin(store, order(store, run, *ordered)[-1]), TimingResult(2.0, 5.0))
    ordered.append(TrainSpec(data=ids["data"], recipe=Recipe(epochs=9, seconds=210.0)))
    training = begin(store, order(store, run, *ordered)[-1])
    assert doing() == "Trains the dense network for 4 min: everything is pruned from it."
    training.settle("failed", {})
    ordered.append(pruning(ids, 12.0, sparsity=0.97, allocation="erk"))
    attempt = begin(store, order(store, run, *ordered)[-1])
    assert doing() == ("Tries recipe 1 for 12 s: 97.0% zeros, learning rate 0.002, erk allocation.")
    attempt.settle("failed", {})
    ordered.append(pruning(ids, 400.0, sparsity=0.96))
    begin(store, order(store, run, *ordered)[-1])
    assert (
        doing()
        == "Gives the most promising of 1 try all the time that is left, 7 min, at 96.0% zeros."
    )


def test_a_short_competition_and_a_longer_one_for_a_winner_say_what_they_are(lab):
    store, ids = lab
    for spec, expected in (
        (CompeteSpec(data=ids["data"], minutes=3), "by the usual recipe: the time is"),
        (CompeteSpec(data=ids["data"], minutes=3, after="x"), "Trains the winner on for 2 min"),
    ):
        run = started(store, spec)
        seed = int(spec.after is not None)
        (child,) = store.submit_children(run, [Child(pruning(ids, 150.0), seed)])
        lease = begin(store, child.id)
        found = competition_state(store, store.get(run), store.get(run).started + 1)
        assert expected in found.doing
        lease.settle("failed", {})


def test_the_best_so_far_is_that_of_the_validation_images_and_can_be_downloaded(lab):
    store, ids = lab
    run = started(store, CompeteSpec(data=ids["data"], minutes=10))
    assert competition_state(store, store.get(run), 0.0).best is None
    done = [ids["magnitude-0.95"], ids["l1_filter-0.8"]]
    results = [store.get(each).result for each in done]
    for seed, (result, seen) in enumerate(zip(results, (0.62, 0.9), strict=True)):
        measured = {**result["point"], "validation_accuracy": seen}
        (child,) = store.submit_children(run, [Child(pruning(ids, 5.0), seed + 7)])
        end(begin(store, child.id), {**result, "point": measured})
    best = competition_state(store, store.get(run), 0.0).best
    assert best is not None
    assert best.point.validation_accuracy == 0.9


def test_a_run_that_went_on_in_the_morning_is_still_said_to_get_all_that_is_left(lab, monkeypatch):
    store, ids = lab
    clock = [1000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    run = started(store, CompeteSpec(data=ids["data"], minutes=10))
    (last,) = order(store, run, pruning(ids, 580.0, sparsity=0.96))
    work_until_night(store, last, clock, 10.0)
    begin(store, last)
    clock[0] += 5.0
    found = competition_state(store, store.get(run), clock[0])
    assert found.doing.startswith("Prunes to 96.0% zeros for 10 min by the usual recipe")
    assert found.seconds_left == 595.0


def test_its_time_goes_by_its_runs_without_a_night_between(lab, monkeypatch):
    store, ids = lab
    run = started(store, CompeteSpec(data=ids["data"], minutes=10))
    job = store.get(run)
    one = store.get(store.submit(pruning(ids, 5.0), 0))
    runs = [
        replace(one, id="a", started=100.0, finished=160.0, state="failed"),
        replace(one, id="b", started=165.0, finished=200.0, state="failed"),
        replace(one, id="c", started=40_000.0, finished=None, state="queued"),
    ]
    monkeypatch.setattr(store, "jobs", lambda **asked: list(reversed(runs)))
    left = competition_state(store, job, 40_050.0).seconds_left
    assert left == 600 - 60 - 5 - 35 - 30 - 50
    assert competition_state(store, job, 99_000.0).seconds_left == 0.0
