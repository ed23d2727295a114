"""The command line says everything that the page's forms say, from the same fields."""

import re
from pathlib import Path

import numpy as np
import pytest

from core.commands.command_line import parser
from core.commands.federated import spec_of
from core.commands.field_options import help_of
from core.commands.networks import plan_of
from core.commands.session import Session
from core.commands.sweeps import compete
from core.data import builtin_datasets
from core.data import store as datasets
from core.data.partition import Dirichlet, Even, Shards
from core.data.synthetic import draw_clients, synthetic_named
from core.data.uploads import leaf
from core.errors import NotFoundError, SettingsError
from core.federated.algorithms import ALGORITHMS
from core.federated.federate import load_clients
from core.federated.spec import FederatedSpec, RunSettings
from core.jobs.store.store import Store
from core.pruning.plan import PrunePlan
from core.pruning.search.sweep import Sweep
from core.settings import describe, to_dict
from core.training.recipe import Recipe
from core.workspace import Workspace
from tests.runs.finished_lab import dataset


@pytest.fixture
def session(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path)
    store = Store(workspace.store_url)
    digest = datasets.save(workspace, dataset())
    monkeypatch.setattr(builtin_datasets, "load_any", lambda name, workspace: dataset())
    yield Session(workspace, store), digest
    store.close()


def federated(session, *arguments):
    return spec_of(session[0], parser().parse_args(["federate", *map(str, arguments)]))


@pytest.mark.parametrize(
    ("command", "cls", "without"),
    [
        ("federate", FederatedSpec, ()),
        ("federate", RunSettings, ()),
        ("train", Recipe, ()),
        ("prune", PrunePlan, ()),
        ("sweep", Sweep, ()),
    ],
)
def test_every_field_has_an_option_with_its_help(command, cls, without, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args([command, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for field in describe(cls):
        assert f"--{field.name.replace('_', '-')}" in text
    assert "Share of a round's clients" in text or command != "federate"


def test_help_says_limits_choices_unit_and_default():
    fields = {field.name: field for field in describe(RunSettings)}
    assert help_of(fields["batch_size"]) == (
        "Local batch; 0 is all of a client's samples (samples; from 0 to 100000; default 10)"
    )
    assert "one of uniform, size; default uniform" in help_of(fields["sampling"])


def test_every_setting_of_the_page_can_be_said(session):
    spec = federated(
        session, "--data", "mine", "--rounds", 7, "--local-steps", 3, "--clients-per-round", 2,
        "--batch-size", 5, "--learning-rate", 0.5, "--learning-rate-decay", 0.9, "--l2", 0.1,
        "--sampling", "size", "--stragglers", 0.2, "--client-dropout", 0.3,
        "--dissimilarity-every", 4, "--network", "mlp", "--hidden", "64,32", "--data-seed", 8,
        "--label", "mine", "--partition", "dirichlet", "--algorithm", "fedprox",
        "--set", "clients=6", "alpha=0.1", "mu=0.25",
    )  # fmt: skip
    assert spec == FederatedSpec(
        data=session[1], rounds=7, local_steps=3, clients_per_round=2, batch_size=5,
        learning_rate=0.5, learning_rate_decay=0.9, l2=0.1, sampling="size", stragglers=0.2,
        client_dropout=0.3, dissimilarity_every=4, hidden=(64, 32), data_seed=8, label="mine",
        partition=Dirichlet(clients=6, alpha=0.1), algorithm="fedprox",
        algorithm_settings={"mu": 0.25},
    )  # fmt: skip


def test_set_says_the_same_as_the_options_under_either_name(session):
    by_options = federated(session, "--l2", 0.1, "--client-dropout", 0.3, "--batch", 5)
    by_set = federated(session, "--set", "l2=0.1", "dropouts=0.3", "batch_size=5")
    assert by_options == by_set == federated(session, "--set", "l2=0.1", "client_dropout=0.3",
                                             "batch_size=5")  # fmt: skip
    assert by_options.to_json() == by_set.to_json()


def test_what_is_not_said_is_not_stored_as_in_version_0_1(session):
    assert federated(session).to_json() == {
        "data": "iid", "algorithm": "fedavg", "algorithm_settings": {},
    }  # fmt: skip
    said = federated(session, "--rounds", 3, "--hidden", 0, "--algorithm", "fedprox").to_json()
    assert said == {
        "rounds": 3, "hidden": 0, "data": "iid", "algorithm": "fedprox",
        "algorithm_settings": to_dict(ALGORITHMS["fedprox"]()),
    }  # fmt: skip


def test_the_network_may_be_the_cnn_begun_from_a_run_or_held_sparse(session):
    spec = federated(session, "--data", "mine", "--network", "cnn", "--partition", "shards")
    assert (spec.kind, spec.resources, spec.partition) == (
        "federate_network",
        "tensorflow",
        Shards(),
    )
    with pytest.raises(NotFoundError, match="There is no run 'nothing'"):
        federated(session, "--data", "mine", "--network", "cnn", "--start", "nothing")


def test_a_partition_is_even_where_only_its_clients_are_said(session):
    assert federated(session, "--data", "mine", "--set", "clients=4").partition == Even(clients=4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--algorithm", "feddyn", "--partition", "dirichlet", "--set", "alpha=0.5"],
         "Write algorithm.alpha or partition.alpha"),
        (
            ["--set", "alpha=0.5"],
            "It belongs to --partition dirichlet, equal_dirichlet or quantity",
        ),
        (["--set", "speed=3"], "This run has no setting 'speed'"),
        (["--set", "algorithm.speed=3"], "has no setting 'speed'"),
        (["--set", "partition=halves"], "There is no partition 'halves'"),
        (["--set", "algorithm=magic"], "There is no algorithm 'magic'"),
        (["--rounds", "many"], "rounds must be a whole number, but 'many' arrived"),
        (["--hidden", "-5"], "hidden is -5. Choose a value from 0 to 10000"),
        (["--stragglers", "2"], "stragglers is 2.0. Choose a value from 0.0 to 1.0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(session, arguments, sentence):
    with pytest.raises(SettingsError, match=sentence):
        federated(session, "--data", "mine", *arguments)


def test_a_name_that_two_own_may_say_whose_it_is(session):
    spec = federated(
        session, "--data", "mine", "--algorithm", "feddyn", "--partition", "dirichlet",
        "--set", "algorithm.alpha=0.5", "partition.alpha=0.2",
    )  # fmt: skip
    assert spec.algorithm_settings["alpha"] == 0.5
    assert spec.partition == Dirichlet(alpha=0.2)


@pytest.mark.parametrize("data", ["iid", "synthetic:1,1"])
def test_drawn_clients_are_not_divided(session, data):
    with pytest.raises(SettingsError, match="nothing to divide"):
        federated(session, "--data", data, "--partition", "shards")


def test_plans_recipes_and_methods_are_said_by_options_and_by_set():
    line = ["prune", "a.h5", "--data", "x", "--sparsity", "0.9", "--method", "taylor"]
    options = [*line, "--epochs", "3", "--no-augment", "--ramp", "0"]
    by_options = plan_of(parser().parse_args(options))
    by_set = plan_of(parser().parse_args([*line, "--set", "epochs=3", "augment=false", "ramp=0"]))
    assert by_options == by_set
    assert (by_options.epochs, by_options.augment, by_options.sparsity) == (3, False, 0.9)
    own = describe(by_options.rule.settings)[0]
    told = plan_of(parser().parse_args([*line, "--set", f"{own.name}={own.default}"]))
    assert dict(told.settings)[own.name] == own.default


def test_clients_that_are_all_too_small_are_told_with_the_remedy(tmp_path):
    made = synthetic_named("iid")
    small = [
        client._replace(
            train_inputs=client.train_inputs[:1], train_labels=client.train_labels[:1],
            validation_inputs=client.validation_inputs[:0],
            validation_labels=client.validation_labels[:0],
        )
        for client in draw_clients(made, 0)[:3]
    ]  # fmt: skip
    path = Path(tmp_path / "0123456789abcdef.leaf.json")
    path.write_bytes(leaf.export(small)["train"])
    with pytest.raises(SettingsError) as told:
        load_clients(FederatedSpec(data=str(path)), 0)
    assert "0123456789abcdef" not in str(told.value)
    assert "Use fewer clients, or give each more samples" in str(told.value)


def test_every_algorithm_can_be_set_from_the_command_line(session):
    for name, cls in ALGORITHMS.items():
        texts = [f"{f.name}={f.default}" for f in describe(cls)]
        arguments = ["--set", *texts] if texts else []
        spec = federated(session, "--algorithm", name, *arguments)
        assert spec.rule == cls()
        assert all(getattr(spec.rule, f.name) == f.default for f in describe(cls))


WRONG = {  # what is said: the sentence that comes back
    "--set =5": "--set takes name=value, but '=5' arrived. Write name=0.1.",
    "--set rounds": "--set takes name=value, but 'rounds' arrived.",
    "--set rounds=5 --set rounds=6": "rounds is given twice, as 5 and as 6. Leave one out.",
    "--rounds 5 --set rounds=6": "rounds is given twice, as 5 and as 6.",
    "--algorithm fedavg --set algorithm=fedprox": "algorithm is given twice",
    "--data mine --set data=iid": "data is given twice, as mine and as iid.",
    "--algorithm fedprox --set mu=0.1 algorithm.mu=0.2": "mu is given twice, as 0.1 and as 0.2.",
    "--set rounds=1e3.5": "rounds must be a whole number, but '1e3.5' arrived.",
    "--set rounds=2.5": "rounds must be a whole number, but '2.5' arrived.$",
    "--set stragglers=20%": "stragglers must be a number, but '20%' arrived. Write 0.2.",
    "--set learning_rate=0,05": "but '0,05' arrived. Write 0.05.",
    "--set stragglers=50": "Choose a value from 0.0 to 1.0; 50% is 0.5.",
    "--set lr=0.1": "no setting 'lr'. Did you mean learning_rate. ",
    "--set batch_siz=5": "Did you mean batch_size. ",
    "--set mu=0.1": "no setting 'mu'. It belongs to --algorithm fedprox. ",
    "--set alpha=0.1": "It belongs to --partition dirichlet, equal_dirichlet or quantity. ",
    "--keep-zeros": "none is given. Name it with --start, or leave --keep-zeros out.",
    "--data synthetic:1": "is not synthetic:ALPHA,BETA with two numbers. Write synthetic:0.5,0.5.",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_setting_is_answered_with_what_to_write(session, line):
    with pytest.raises(SettingsError, match=WRONG[line]):
        federated(session, *line.split())


RIGHT = {  # what is said: the field and its value
    "--set rounds=1e3": ("rounds", 1000),
    "--set rounds=10.0": ("rounds", 10),
    "--set learning-rate=0.5": ("learning_rate", 0.5),
    "--rounds 5 --set rounds=5": ("rounds", 5),
    "--data Synthetic:1,1": ("data", "synthetic:1,1"),
    "--set algorithm=fedprox mu=0.3": ("algorithm_settings", {"mu": 0.3}),
}


@pytest.mark.parametrize("line", RIGHT)
def test_what_can_only_mean_one_thing_is_taken(session, line):
    field, value = RIGHT[line]
    assert getattr(federated(session, *line.split()), field) == value


def test_a_run_begins_from_a_file_only_with_images(session, tmp_path):
    path = tmp_path / "w.h5"
    path.touch()
    with pytest.raises(SettingsError, match="measured on images before a run begins from it"):
        federated(session, "--start", path)


def test_the_convolutional_network_is_refused_for_clients_of_a_file_at_once(session, tmp_path):
    images = np.zeros((4, 25, 25, 3), np.float32), np.arange(4) % 2
    path = tmp_path / "clients.json"
    path.write_bytes(leaf.export([(*images, *images)])["train"])
    with pytest.raises(SettingsError, match="measured on the images of a stored data set"):
        federated(session, "--data", path, "--network", "cnn")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (["--sparsity", "0.9", "--set", "sparsity=0.5"], "sparsity is given twice, as 0.9 and"),
        (["--sparsity", "0.9", "--set", "method=snip"], "method is given twice, as magnitude and"),
        (["--sparsity", "90"], "sparsity is 90.0. Choose a value .*; 90% is 0.9."),
        (["--sparsity", "0.9", "--set", "epoch=3"], "nor Magnitude has .* Did you mean epochs."),
    ],
)
def test_a_wrong_plan_is_answered_with_what_to_write(said, sentence):
    with pytest.raises(SettingsError, match=sentence):
        plan_of(parser().parse_args(["prune", "w.h5", "--data", "mine", *said]))


@pytest.mark.parametrize(
    ("option", "text", "remedy"),
    [("--points", "20%", "20"), ("--threshold", "60%", "0.6"), ("--points", "", "20")],
)
def test_a_number_that_is_none_is_refused_with_an_example(option, text, remedy, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["grade", "w.h5", "--data", "mine", option, text])
    assert f"{text!r} is no number. Write it as {remedy}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "compete --data d --dense n",
            "--dense is no option of .* compete. Did you mean --dense-s",
        ),
        ("prune n --data d --sparsity .9 --teacher=a,b", "no option of .* Did you mean --teachers"),
        ("prune n --data d --sparsity .9 --metod x", "no option of .* Did you mean --method"),
        ("prune n --data d --sparsity .9 --zzzz", "--zzzz is no option of .* See: .* prune --help"),
        ("prune n --data d --spar .9", "required: --sparsity"),
    ],
)
def test_the_beginning_of_an_option_is_not_the_option(words, said, capsys):
    """`--dense RUN` was the share of the time that goes into the dense network."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words.split())
    assert ended.value.code == 2
    assert re.search(said, capsys.readouterr().err)


def test_shares_of_the_time_are_refused_where_an_earlier_winner_gets_all_of_it(session):
    words = ("--after", "run", "--dense-share", "0.1", "--search-share", "0.1")
    options = parser().parse_args(["compete", "--data", "d", *words])
    with pytest.raises(SettingsError, match="so --dense-share and --search-share would change"):
        compete(session[0], options)
