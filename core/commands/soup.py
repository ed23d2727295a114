"""soup: the mean of several finished networks that share their zeros."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.commands.networks import add_out_option
from core.commands.other_networks import add_pixels_option
from core.commands.output import answer
from core.commands.session import Session
from core.data import builtin_datasets
from core.errors import SettingsError, WeightsError
from core.evaluation.cost import sparsity
from core.networks.formats import keras_h5
from core.networks.graph import Network
from core.networks.keras_files.reader import read_network
from core.networks.network import Weights
from core.networks.pixels import guess_pixels, with_pixels
from core.networks.prepare import prepare_for
from core.pruning.soup import soup
from core.training.network_statistics import needs_statistics, with_statistics

HELP = "average finished networks that share their zeros"
WHOLE = ".keras"


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser("soup", help=HELP)
    parser.add_argument("files", nargs="+", type=Path, help="weights (.h5), or whole .keras files")
    parser.add_argument("--data", help="images for networks that keep their batch normalization")
    add_pixels_option(parser)
    add_out_option(parser, "my_model_weights.h5")
    parser.set_defaults(run=average)


def average(session: Session, options: Namespace) -> None:
    """Write the mean of the networks in the files to --out, in their format.

    Raises WeightsError for networks that have none, SettingsError for normalization without images.
    """
    kinds = {path.suffix.lower() == WHOLE for path in options.files}
    if len(kinds) > 1:
        raise WeightsError("Some files hold whole networks, some weights. Average those of a kind.")
    with TemporaryDirectory(dir=session.workspace.scratch) as folder:
        made = Path(folder) / ("mean.keras" if kinds == {True} else "mean.h5")
        mean = (_whole if kinds == {True} else _of_reference)(session, options, made)
        with session.output(options.out) as part:
            shutil.copyfile(made, part)
    said = {"networks": len(options.files), "sparsity": sparsity(mean), "out": str(options.out)}
    answer(said, options.json)


def _of_reference(session: Session, options: Namespace, made: Path) -> Weights:
    scratch = session.workspace.scratch
    every = [keras_h5.read_upload(path.name, path, scratch=scratch)[0] for path in options.files]
    mean = soup(every, _mask(every[0], tuple(every[0])))
    keras_h5.write(made, mean)
    return mean


def _whole(session: Session, options: Namespace, made: Path) -> Weights:
    from core.networks.keras_files.writer import write_network

    scratch = session.workspace.scratch
    read = [read_network(path, scratch=scratch) for path in options.files]
    if any(each.weights is None for each in read):
        raise WeightsError("A file has no weights to average. Export the network with them.")
    if len({each.network.digest for each in read}) > 1:
        raise WeightsError("The files hold several architectures. Average runs of one.")
    network, every = read[0].network, [each.weights or {} for each in read]
    mean = soup(every, _mask(every[0], tuple(network.kernel_uses)))
    if needs_statistics(mean):
        mean = _renewed(session, options, network, mean)
    write_network(made, network, mean, scratch=scratch)
    return mean


def _renewed(session: Session, options: Namespace, network: Network, mean: Weights) -> Weights:
    if options.data is None:
        raise SettingsError(
            "These networks keep batch normalization, whose statistics are those of images. Name "
            "the training images with --data."
        )
    reading = with_pixels(network, options.pixels or guess_pixels(network))
    data = prepare_for(builtin_datasets.load_any(options.data, session.workspace), reading)
    return with_statistics(reading, mean, data, 0)


def _mask(weights: Weights, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: weights[name] != 0 for name in names}
