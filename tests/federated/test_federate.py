"""From a spec to a history."""

import numpy as np
import pytest

from core.data.dataset import Dataset, Split
from core.data.partition import Partition
from core.data.synthetic import Synthetic, draw_clients
from core.data.uploads import leaf
from core.errors import RecordError, SettingsError
from core.federated.federate import federate, load_clients
from core.federated.spec import FederatedSpec

QUICK: dict[str, object] = {
    "data": "synthetic:0.5,0.5",
    "rounds": 2,
    "hidden": 4,
    "clients_per_round": 3,
}


def test_settings_alone_make_a_run():
    history = federate(
        FederatedSpec.from_json({**QUICK, "algorithm": "fedprox", "algorithm_settings": {"mu": 1}}),
        1,
    )
    assert len(history.records) == 3
    assert history.label == "FedProx"
    assert history.parameters["linear1/kernel"].shape == (60, 4)


def test_hidden_zero_is_logistic_regression():
    history = federate(FederatedSpec.from_json({**QUICK, "hidden": 0}))
    assert list(history.parameters) == ["linear1/kernel", "linear1/bias"]


def test_a_label_names_the_run():
    assert federate(FederatedSpec.from_json({**QUICK, "label": "mine"})).label == "mine"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"algorithm": "fedmagic"}, "algorithm is 'fedmagic'. Choose one of: fedavg"),
        ({"data": "synthetic:a,b"}, "two numbers"),
        ({"data": "synthetic:1"}, "two numbers"),
        ({"data": "somewhere"}, "no federated data"),
        ({"rounds": 0}, "rounds is 0"),
        ({"hidden": -1}, "hidden is -1"),
        ({"hidden": "many"}, "hidden is 'many'"),
        ({"speed": 3}, "'speed' is no setting of FederatedSpec"),
        ({"algorithm_settings": {"mu": 1}}, "no setting 'mu'"),
    ],
)
def test_wrong_settings_are_said(change, sentence):
    with pytest.raises((SettingsError, RecordError), match=sentence):
        federate(FederatedSpec.from_json({**QUICK, **change}))


def test_the_data_seed_keeps_the_data_while_the_seed_changes():
    one = load_clients(FederatedSpec.from_json({"data": "iid", "data_seed": 5}), seed=1)
    other = load_clients(FederatedSpec.from_json({"data": "iid", "data_seed": 5}), seed=2)
    third = load_clients(FederatedSpec.from_json({"data": "iid"}), seed=2)
    assert one.digest == other.digest != third.digest


def tiny_images():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    images = (labels[:, None, None, None] * 80 + rng.integers(0, 20, (60, 4, 4, 1))).astype(
        np.uint8
    )
    train = Split(images, labels)
    return Dataset("tiny", ("a", "b", "c"), train, train)


def test_any_image_data_set_can_be_federated():
    settings = {
        "data": "tiny",
        "partition": {"name": "dirichlet", "clients": 4, "alpha": 0.5},
        "rounds": 30,
        "learning_rate": 0.5,
        "hidden": 8,
    }
    history = federate(FederatedSpec.from_json(settings), load=lambda name: tiny_images())
    assert history.records[-1].validation_accuracy > 0.9


def test_an_unknown_partition_is_said():
    with pytest.raises(SettingsError, match="There is no partition 'halves'"):
        Partition.from_dict({"name": "halves"})


def test_a_leaf_file_is_federated_client_by_client(tmp_path):
    drawn = draw_clients(Synthetic(clients=3, largest_client=60), seed=1)
    path = tmp_path / "clients.json"
    path.write_bytes(leaf.export(drawn)["train"])
    clients = load_clients(FederatedSpec.from_json({"data": str(path)}), seed=0)
    assert len(clients) == 3
    # A tenth of what the file holds is for validation.
    assert clients.train.sizes.sum() + clients.validation.sizes.sum() == sum(
        len(client.train_labels) for client in drawn
    )


def test_a_missing_leaf_file_is_said():
    with pytest.raises(SettingsError, match="There is no file"):
        load_clients(FederatedSpec.from_json({"data": "nowhere.json"}), seed=0)
