"""Rounds, records, several runs at once, stopping and resuming."""

import numpy as np
import pytest

from core.errors import SettingsError
from core.federated.algorithms.fedavg import FedAvg
from core.federated.algorithms.fedprox import FedProx
from core.federated.algorithms.minibatch_sgd import MiniBatchSGD
from core.federated.algorithms.scaffold import Scaffold
from core.federated.network.mlp import MLP
from core.federated.network.vector import flatten
from core.federated.simulation import mlp_trainer, simulate, simulate_together
from core.federated.spec import Run, RunSettings
from core.federated.trainers.batched import CHUNK_ROWS, BatchedTrainer
from core.federated.trainers.plain import PlainTrainer
from core.progress import Silent, Stopped
from tests.federated.federations import synthetic_federation

FEW = RunSettings(rounds=3, clients_per_round=4, learning_rate=0.01)
PARAMETERS = 60 * 8 + 8 + 8 * 10 + 10


def run(algorithm, settings=FEW, clients=None, **others):
    return simulate(
        clients or synthetic_federation(), algorithm, settings, 1, hidden=(8,), **others
    )


class Listener(Silent):
    """Remembers what was recorded and reported; may stop once."""

    def __init__(self, stop_at=None):
        super().__init__()
        self.recorded, self.reported, self.stop_at = {}, [], stop_at

    def record(self, step, **values):
        self.recorded[step] = values

    def report(self, done, total, message=""):
        self.reported.append((done, total, message))
        if self.stop_at is not None and len(self.reported) > self.stop_at:
            self.stop_at = None
            raise Stopped


def test_a_history_begins_before_training_and_has_a_record_a_round():
    history = run(FedAvg())
    assert [record.round for record in history.records] == [0, 1, 2, 3]
    first, *_, last = history.records
    assert (first.epoch, first.bytes, first.gradient_evaluations) == (0.0, 0, 0)
    assert last.train_loss < first.train_loss


def test_training_loss_is_the_mean_over_all_clients_samples():
    clients = synthetic_federation()
    trainer = mlp_trainer(clients, (8,))
    history = simulate(clients, FedAvg(), FEW, 1, trainer=trainer)
    logits_loss = trainer.evaluate(flatten(history.parameters)).train_loss.sum()
    assert history.records[-1].train_loss == pytest.approx(logits_loss / len(clients.train))


def test_bytes_count_the_model_to_and_from_every_client():
    # 4 clients x 2 directions x parameters x 4 bytes, in each of 3 rounds
    assert run(FedAvg()).records[-1].bytes == 3 * 4 * 2 * PARAMETERS * 4


def test_scaffold_sends_twice_as_much_for_its_control_variates():
    assert run(Scaffold()).records[-1].bytes == 2 * run(FedAvg()).records[-1].bytes


def test_scaffold_one_pays_a_pass_more_for_its_gradients():
    one, two = (run(Scaffold(option=option)).records[-1] for option in ("I", "II"))
    assert one.gradient_evaluations == two.gradient_evaluations + 3 * 4
    assert one.epoch > two.epoch * 1.9


@pytest.mark.parametrize("trainer", [PlainTrainer, BatchedTrainer])
def test_after_one_full_step_both_options_of_scaffold_are_one(trainer):
    """II reads from the step what I computes, so the decay has to be in both."""
    clients = synthetic_federation()
    settings = RunSettings(
        rounds=5, clients_per_round=4, local_steps=1, batch_size=0, learning_rate=0.02, l2=0.1
    )
    network = MLP((clients.features, 8, clients.classes))
    one, two = (
        simulate(
            clients, Scaffold(option=option), settings, 3, trainer=trainer(clients, network, float)
        )
        for option in ("I", "II")
    )
    assert flatten(one.parameters) == pytest.approx(flatten(two.parameters), abs=1e-12)


def test_dropouts_download_only():
    settings = RunSettings(rounds=1, clients_per_round=4, client_dropout=0.5)
    assert run(FedAvg(), settings).records[-1].bytes == (4 + 2) * PARAMETERS * 4


def test_an_epoch_of_minibatch_sgd_is_one_pass_over_everybody():
    clients = synthetic_federation()
    batch = len(clients.train) // 4
    record = run(MiniBatchSGD(batch=batch), RunSettings(rounds=4), clients).records[-1]
    assert record.epoch == pytest.approx(1, abs=0.02)
    assert record.gradient_evaluations == 4


def test_runs_together_equal_runs_alone():
    clients = synthetic_federation()
    settings = RunSettings(rounds=3, clients_per_round=4, learning_rate=0.02)
    runs = [
        Run(FedAvg(), settings, 1, "plain"),
        Run(FedProx(mu=2.0), RunSettings(rounds=2, learning_rate=0.05), 2, "pulled"),
        Run(Scaffold(), settings, 3, "controlled"),
        Run(MiniBatchSGD(batch=30), settings, 4, "central"),
    ]
    trainer = mlp_trainer(clients, (8,), np.float64)
    together = simulate_together(clients, runs, trainer=trainer)
    for one, history in zip(runs, together, strict=True):
        alone = simulate(clients, one.algorithm, one.settings, one.seed, trainer=trainer)
        assert history.label == one.label
        assert flatten(history.parameters) == pytest.approx(flatten(alone.parameters), abs=1e-12)
        assert (
            history.column("validation_accuracy").tolist()
            == alone.column("validation_accuracy").tolist()
        )


def test_more_clients_than_a_chunk_equal_the_plain_loop():
    from core.federated.network.mlp import MLP
    from core.federated.trainers.plain import PlainTrainer

    clients = synthetic_federation(clients=CHUNK_ROWS + 7, largest=50)
    settings = RunSettings(rounds=2, batch_size=7)
    networks = MLP((60, 5, 10))
    plain = simulate(
        clients, FedAvg(), settings, 1, trainer=PlainTrainer(clients, networks, np.float64)
    )
    fast = simulate(clients, FedAvg(), settings, 1, trainer=mlp_trainer(clients, (5,), np.float64))
    assert flatten(fast.parameters) == pytest.approx(flatten(plain.parameters), abs=1e-12)


@pytest.mark.parametrize("hidden", [(), (8,), (8, 6)])
def test_any_number_of_hidden_layers_learns(hidden):
    settings = RunSettings(rounds=10, learning_rate=0.05)
    losses = simulate(synthetic_federation(), FedAvg(), settings, 1, hidden=hidden).column(
        "train_loss"
    )
    assert losses[-1] < 0.5 * losses[0]


def test_a_resumed_run_does_not_repeat_finished_rounds():
    stopped, resumed = Listener(stop_at=4), Listener()
    with pytest.raises(Stopped):
        run(FedAvg(), progress=stopped, seconds_between_saves=0)
    resumed.state = stopped.state
    history = run(FedAvg(), progress=resumed, seconds_between_saves=0)
    assert min(resumed.recorded) > 0
    assert set(stopped.recorded) | set(resumed.recorded) == {0, 1, 2, 3}
    assert history.csv(True) == run(FedAvg()).csv(True)


def test_runs_together_resume_bit_for_bit():
    clients = synthetic_federation()
    runs = [Run(FedAvg(), FEW, 1, "a"), Run(Scaffold(), FEW, 2, "b")]
    trainer, listener = mlp_trainer(clients, (8,)), Listener(stop_at=4)
    undisturbed = simulate_together(clients, runs, trainer=trainer)
    with pytest.raises(Stopped):
        simulate_together(clients, runs, listener, trainer=trainer, seconds_between_saves=0)
    assert listener.state is not None
    resumed = simulate_together(clients, runs, listener, trainer=trainer)
    assert [h.csv(True) for h in resumed] == [h.csv(True) for h in undisturbed]


def test_progress_hears_of_round_zero_first_and_of_every_round():
    listener = Listener()
    run(FedAvg(), progress=listener)
    assert list(listener.recorded) == [0, 1, 2, 3]
    assert {"train_loss", "validation_accuracy", "bytes", "epoch"} <= set(listener.recorded[1])
    assert listener.reported[-1][:2] == (3, 3)


def test_a_finished_run_is_saved_even_when_saving_is_rare():
    listener = Listener()
    run(FedAvg(), progress=listener, seconds_between_saves=3600)
    again = Listener()
    again.state = listener.state
    run(FedAvg(), progress=again)
    assert again.recorded == {}


def test_a_diverging_run_is_recorded_to_its_end():
    settings = RunSettings(rounds=3, learning_rate=100.0, dissimilarity_every=0)
    rows = run(FedAvg(), settings).rows()
    assert len(rows) == 4
    assert rows[-1]["train_loss"] is None or rows[-1]["train_loss"] > 10


def test_training_continues_from_given_weights():
    first = run(FedAvg())
    second = run(FedAvg(), start=first.parameters)
    assert second.records[0].train_loss == pytest.approx(first.records[-1].train_loss)


def test_weights_of_another_network_are_refused():
    other = simulate(synthetic_federation(), FedAvg(), RunSettings(rounds=1), hidden=(5,))
    with pytest.raises(SettingsError, match="Start from weights of the same network"):
        run(FedAvg(), start=other.parameters)
