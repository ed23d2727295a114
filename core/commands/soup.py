"""soup: the mean of several finished networks that share their zeros."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.commands.other_networks import add_pixels_option
from core.commands.output import answer
from core.commands.output_paths import check_destinations
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
from core.training.network_statistics import with_statistics
from core.training.statistics import normalizations

HELP = "average finished networks that share their zeros"
WHOLE = ".keras"
# By whether the files hold whole networks: where to write, and what may be said instead.
NAMES = {False: "my_model_weights.h5", True: "mean.keras"}
ENDINGS = {False: (".h5", ".hdf5"), True: (WHOLE,)}


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser("soup", help=HELP)
    parser.add_argument("files", nargs="+", type=Path, help="weights (.h5), or whole .keras files")
    parser.add_argument("--data", help="images for networks that keep their batch normalization")
    add_pixels_option(parser)
    parser.add_argument(
        "--out", type=Path, help=f"file to write ({NAMES[False]}, of whole networks {NAMES[True]})"
    )
    parser.set_defaults(run=average)


def average(session: Session, options: Namespace) -> None:
    """Write the mean of the networks in the files to --out, in their format.

    Raises WeightsError for networks that have none, SettingsError for normalization without images
    and for an --out of another format.
    """
    kinds = {path.suffix.lower() == WHOLE for path in options.files}
    if len(kinds) > 1:
        raise WeightsError("Some files hold whole networks, some weights. Average those of a kind.")
    whole = kinds == {True}
    out = _destination(options.out, whole)
    with TemporaryDirectory(dir=session.workspace.scratch) as folder:
        made = Path(folder) / NAMES[whole]
        mean = (_whole if whole else _of_reference)(session, options, made)
        with session.output(out) as part:
            shutil.copyfile(made, part)
    said = {"networks": len(options.files), "sparsity": sparsity(mean), "out": str(out)}
    answer(said, options.json)


def _destination(given: Path | None, whole: bool) -> Path:
    """Return where to write; raises as `check_destinations`, and for another format's ending."""
    out = given or Path(NAMES[whole])
    if out.suffix and out.suffix.lower() not in ENDINGS[whole]:
        what = "whole networks" if whole else "weights"
        raise SettingsError(
            f"{out.name} ends in {out.suffix}, but the mean of {what} is written as "
            f"{ENDINGS[whole][0]}. Name an --out that ends so."
        )
    check_destinations(Namespace(out=out))
    return out


def _of_reference(session: Session, options: Namespace, made: Path) -> Weights:
    scratch = session.workspace.scratch
    every = [keras_h5.read_upload(path.name, path, scratch=scratch)[0] for path in options.files]
    mean = soup(every)
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
    mean = soup(every)
    if normalizations(mean):
        mean = _renewed(session, options, network, mean)
    write_network(made, network, mean, scratch=scratch)
    return mean


def _renewed(session: Session, options: Namespace, network: Network, mean: Weights) -> Weights:
    if options.data is None:
        raise SettingsError(
            "These networks keep batch normalization, whose statistics are those of images. Name "
            "the training images with --data."
        )
    reading = with_pixels(network, options.pixels or guess_pixels(network, mean))
    data = prepare_for(builtin_datasets.load_any(options.data, session.workspace), reading)
    return with_statistics(reading, mean, data, 0)
