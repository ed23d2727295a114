"""Rounds: sample clients, let them train, aggregate, measure; for one run or many at once."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.errors import SettingsError
from core.federated import history
from core.federated.algorithm import Algorithm, ServerState, Updates
from core.federated.clients import Clients
from core.federated.diagnostics import DriftMeter, client_accuracy
from core.federated.history import FederatedHistory, RoundRecord
from core.federated.network.mlp import MLP
from core.federated.network.vector import Shapes, flatten, unflatten
from core.federated.round_metrics import RoundMetrics
from core.federated.sampling import Cohort, sample_cohort
from core.federated.spec import Run, RunSettings
from core.federated.trainers.batched import BatchedTrainer
from core.federated.trainers.trainer import Trainer, Work
from core.progress import Progress, Silent

# A checkpoint reaches the disk; a round of 10 ms need not wait for it every time.
SECONDS_BETWEEN_SAVES = 0.5


@dataclass(frozen=True)
class RunState:
    """Where a run stands after a round."""

    state: ServerState
    records: tuple[RoundRecord, ...]


def simulate(
    clients: Clients,
    algorithm: Algorithm,
    settings: RunSettings,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    hidden: Sequence[int] = (128,),
    trainer: Trainer | None = None,
    start: Mapping[str, np.ndarray] | None = None,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> FederatedHistory:
    """Return the history of one federated run.

    hidden: widths of the MLP's hidden layers, none for logistic regression; ignored with a trainer.
    start: parameters to begin from instead of random ones.
    Raises Stopped when the progress does; resumes bit-exactly from what it saved.
    """
    run = Run(algorithm, settings, seed)
    chosen = trainer or mlp_trainer(clients, hidden)
    return simulate_together(
        clients,
        [run],
        progress,
        trainer=chosen,
        start=start,
        seconds_between_saves=seconds_between_saves,
    )[0]


def mlp_trainer(clients: Clients, hidden: Sequence[int], dtype: type = np.float32) -> Trainer:
    """Return the fast trainer of an MLP with these hidden widths."""
    network = MLP((clients.features, *hidden, clients.classes))
    return BatchedTrainer(clients, network, dtype)


def simulate_together(
    clients: Clients,
    runs: Sequence[Run],
    progress: Progress | None = None,
    *,
    trainer: Trainer,
    start: Mapping[str, np.ndarray] | None = None,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> list[FederatedHistory]:
    """Return the histories of runs that share data and network; their clients train together.

    Metrics of several runs are recorded as "label/metric", those of a single one as "metric".
    """
    saver = _Saver(progress or Silent(), seconds_between_saves)
    simulation = _Simulation(clients, tuple(runs), progress or Silent(), trainer, saver)
    last = max(run.settings.rounds for run in runs)
    # A run that diverges is a result to be shown, not an accident: infinities are recorded.
    # Products this small are fastest on one BLAS thread; several only wait for one another.
    with (
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        threadpool_limits(limits=1, user_api="blas"),
    ):
        states = simulation.begin(start)
        done = max(run_state.records[-1].round for run_state in states)
        for number in range(done + 1, last + 1):
            states = simulation.round(number, states)
        return [simulation.history(*pair) for pair in zip(runs, states, strict=True)]


class _Simulation:
    """One call's fixed parts, and how a round turns states into new ones."""

    def __init__(
        self,
        clients: Clients,
        runs: tuple[Run, ...],
        progress: Progress,
        trainer: Trainer,
        saver: "_Saver",
    ) -> None:
        self._clients, self._runs, self._progress = clients, runs, progress
        self._trainer, self._metrics = trainer, RoundMetrics(clients, trainer)
        self._last = max(run.settings.rounds for run in runs)
        self._saver = saver

    def begin(self, start: Mapping[str, np.ndarray] | None) -> list[RunState]:
        """Return where the checkpoint stands, else the models before the first round."""
        saved = self._progress.load()
        if saved:
            return [_restored(saved, number) for number in range(len(self._runs))]
        states = [self._fresh(run, start) for run in self._runs]
        self._publish(0, states)
        return states

    def round(self, number: int, states: Sequence[RunState]) -> list[RunState]:
        """Return the states after one more round of every run that has not finished."""
        going = [i for i, run in enumerate(self._runs) if run.settings.rounds >= number]
        plans = {i: self._plan(self._runs[i], states[i].state, number) for i in going}
        after = list(states)
        for i, updates in self._trained(plans, number):
            after[i] = self._finish(self._runs[i], states[i], plans[i], updates)
        self._publish(number, after)
        return after

    def history(self, run: Run, run_state: RunState) -> FederatedHistory:
        """Return a run's history with its final model."""
        vector = run_state.state.parameters
        accuracy = client_accuracy(self._clients, self._trainer.evaluate(vector))
        parameters = unflatten(vector, self._trainer.shapes)
        return FederatedHistory(run.name, run_state.records, parameters, accuracy)

    def _fresh(self, run: Run, start: Mapping[str, np.ndarray] | None) -> RunState:
        initial = self._trainer.initial(run.seed)
        vector = initial if start is None else _checked(start, self._trainer.shapes, initial.dtype)
        state = run.algorithm.init(vector, self._clients.shares)
        return RunState(state, (self._metrics.before_training(run, vector),))

    def _plan(self, run: Run, state: ServerState, number: int) -> "_Plan":
        instruction = run.algorithm.instruct(state)
        cohort = sample_cohort(self._clients.train, run.settings, instruction, run.seed, number)
        work = Work(
            start=state.parameters,
            clients=cohort.clients,
            steps=cohort.steps,
            weights=cohort.weights,
            batch_size=cohort.batch_size,
            learning_rate=run.settings.rate_in(number),
            l2=run.settings.l2,
            seed=run.seed,
            round=number,
            instruction=instruction,
        )
        return _Plan(cohort, work)

    def _trained(
        self, plans: Mapping[int, "_Plan"], number: int
    ) -> Iterator[tuple[int, Iterable[Updates]]]:
        """Yield every run's updates: as a stream for one run, collected for several."""
        keys, works = list(plans), [plan.work for plan in plans.values()]
        trained = self._trainer.train(works, lambda: self._tick(number))
        if len(keys) == 1:
            yield keys[0], (updates for _, updates in trained)
            return
        collected: dict[int, list[Updates]] = {key: [] for key in keys}
        for place, updates in trained:
            collected[keys[place]].append(updates)
        yield from collected.items()

    def _finish(
        self, run: Run, run_state: RunState, plan: "_Plan", updates: Iterable[Updates]
    ) -> RunState:
        meter = DriftMeter()
        state = run.algorithm.aggregate(run_state.state, meter.watch(updates))
        record = self._metrics.after_round(
            run, run_state.records[-1], plan.cohort, plan.work, state.parameters, meter
        )
        return RunState(state, (*run_state.records, record))

    def _tick(self, number: int) -> None:
        self._progress.report(number - 1, self._last, f"Round {number} of {self._last}")

    def _publish(self, number: int, states: Sequence[RunState]) -> None:
        for run, run_state in zip(self._runs, states, strict=True):
            record = run_state.records[-1]
            if record.round == number:
                prefix = f"{run.name}/" if len(self._runs) > 1 else ""
                values = {f"{prefix}{key}": value for key, value in record.values().items()}
                self._progress.record(number, **values)
        if number:
            self._saver.save(states, last=number == self._last)
        self._progress.report(number, self._last, f"Round {number} of {self._last}")


@dataclass(frozen=True)
class _Plan:
    cohort: Cohort
    work: Work


class _Saver:
    """Saves checkpoints, but not so often that saving takes more time than the rounds."""

    def __init__(self, progress: Progress, seconds: float) -> None:
        self._progress, self._seconds = progress, seconds
        self._next = time.monotonic() + seconds

    def save(self, states: Sequence[RunState], last: bool) -> None:
        """Save the states if it is time to, or if they are the last."""
        began = time.monotonic()
        if began < self._next and not last:
            return
        arrays: dict[str, np.ndarray] = {}
        for number, run_state in enumerate(states):
            arrays |= _saved(run_state, number)
        self._progress.save(arrays)
        took = time.monotonic() - began
        self._next = began + took + max(self._seconds, 10 * took if self._seconds else 0)


def _saved(run_state: RunState, number: int) -> dict[str, np.ndarray]:
    state, prefix = run_state.state, f"run{number}"
    server = {f"{prefix}/server/{name}": value for name, value in state.server.items()}
    own = {f"{prefix}/clients/{name}": value for name, value in state.clients.items()}
    table = history.to_array(run_state.records)
    return {f"{prefix}/parameters": state.parameters, f"{prefix}/records": table} | server | own


def _restored(saved: Mapping[str, np.ndarray], number: int) -> RunState:
    def part(kind: str) -> dict[str, np.ndarray]:
        prefix = f"run{number}/{kind}/"
        return {k.removeprefix(prefix): v for k, v in saved.items() if k.startswith(prefix)}

    state = ServerState(saved[f"run{number}/parameters"], part("server"), part("clients"))
    return RunState(state, history.from_array(saved[f"run{number}/records"]))


def _checked(start: Mapping[str, np.ndarray], shapes: Shapes, dtype: np.dtype) -> np.ndarray:
    """Return given parameters as a vector; raise SettingsError if they fit another network."""
    given = {name: tuple(value.shape) for name, value in start.items()}
    if given != dict(shapes):
        raise SettingsError(
            f"The starting weights have the shapes {given}, but this network needs "
            f"{dict(shapes)}. Start from weights of the same network."
        )
    return flatten({name: start[name] for name in shapes}).astype(dtype)
