"""networks, prune-network: any Keras network, listed, described, and pruned without retraining."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.commands.output import answer, say, table
from core.commands.session import Session
from core.errors import WeightsError
from core.evaluation.cost import zeros
from core.networks.applications import NAMES, PREFIX
from core.networks.catalogue import CATALOGUE
from core.networks.find_network import find_network
from core.networks.graph import Network
from core.networks.groups.description import layer_rows
from core.networks.groups.unit_groups import unit_groups
from core.networks.keras_files.reader import ReadNetwork
from core.networks.keras_files.writer import check_ending, write_network
from core.pruning.one_shot import smallest_weights, units_for_sparsity


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser's sub-commands."""
    _add_networks(commands.add_parser("networks", help="list networks, or describe one"))
    _add_prune(
        commands.add_parser(
            "prune-network", help="prune any Keras network at once, without retraining"
        )
    )


def _add_networks(parser: ArgumentParser) -> None:
    parser.add_argument("network", nargs="?", help="catalogue name, applications:NAME, or a file")
    _add_shape(parser)
    parser.set_defaults(run=networks)


def _add_prune(parser: ArgumentParser) -> None:
    parser.add_argument("network", help="whole network (.keras or .h5)")
    parser.add_argument("--sparsity", required=True, type=float, metavar="X", help="as 0.9")
    parser.add_argument(
        "--structured", action="store_true", help="remove units, for a smaller network"
    )
    parser.add_argument("--out", type=Path, default=Path("pruned.keras"), help="pruned.keras")
    _add_shape(parser)
    parser.set_defaults(run=prune_network)


def _add_shape(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--input-shape", type=int, nargs="+", metavar="N", help="height, width, channels"
    )


def networks(session: Session, options: Namespace) -> None:
    """List the catalogue and keras.applications, or describe one network's layers and groups."""
    if options.network:
        described(found_network(session, options).network, options.json)
        return
    rows = [
        {"name": row.name, "about": row.about, "paper": row.paper} for row in CATALOGUE.values()
    ]
    rows += [
        {"name": f"{PREFIX}{name}", "about": "of keras.applications", "paper": ""} for name in NAMES
    ]
    if options.json:
        answer({"networks": rows}, as_json=True)
    else:
        table(rows, ["name", "about", "paper"])


def found_network(session: Session, options: Namespace) -> ReadNetwork:
    """Return the network that the options name, after telling what was changed in reading it."""
    found = find_network(
        options.network, input_shape=options.input_shape, scratch=session.workspace.scratch
    )
    for note in found.notes:
        say(note)
    return found


def described(network: Network, as_json: bool) -> None:
    """Print layers, costs and unit groups of a network."""
    layers = [{**vars(row), "output": list(row.output)} for row in layer_rows(network)]
    groups = [
        {"name": group.name, "units": len(group.units), "free": group.is_free, "about": group.about}
        for group in unit_groups(network).groups
    ]
    whole = {"parameters": network.parameters, "multiply_adds": network.multiply_adds}
    if as_json:
        answer({**whole, "digest": network.digest, "layers": layers, "groups": groups}, True)
        return
    table(layers, ["name", "kind", "output", "parameters", "multiply_adds"])
    table(groups, ["about"])
    answer(whole, as_json=False)


def prune_network(session: Session, options: Namespace) -> None:
    """Prune the network in a file without training and write it to --out.

    Raises WeightsError if it has no weights, or if --out ends in no format of networks.
    """
    check_ending(options.out)  # under the name that was given, and before any work
    found = found_network(session, options)
    if found.weights is None:
        raise WeightsError(
            f"{options.network} has no weights to prune. Train it, save it with model.save, and "
            "give that file."
        )
    network, weights = found.network, found.weights
    if options.structured:
        cut = units_for_sparsity(network, weights, options.sparsity)
        network, weights = cut.network, cut.small
    else:
        weights = smallest_weights(network, weights, options.sparsity)
    _written(session, options.out, network, weights)
    answer(
        {
            "name": options.out.name,
            "sparsity": 1 - (network.parameters - zeros(weights)) / found.network.parameters,
            "zeros": zeros(weights),
            "parameters": network.parameters,
            "parameters_before": found.network.parameters,
            "multiply_adds": network.multiply_adds,
            "multiply_adds_before": found.network.multiply_adds,
            "out": str(options.out),
        },
        options.json,
    )


def _written(session: Session, out: Path, network: Network, weights: dict[str, Any]) -> None:
    with TemporaryDirectory(dir=session.workspace.scratch) as folder:
        made = Path(folder) / f"network{out.suffix}"
        write_network(made, network, weights, scratch=session.workspace.scratch)
        with session.output(out) as part:
            shutil.copyfile(made, part)
