"""The network that a person names: of the catalogue, of keras.applications, or in a file."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import NotFoundError
from core.networks.applications import PREFIX, application
from core.networks.catalogue import CATALOGUE
from core.networks.keras_files.reader import ReadNetwork, read_network


def find_network(
    name: str,
    *,
    input_shape: Sequence[int] | None = None,
    classes: int | None = None,
    scratch: Path | None = None,
) -> ReadNetwork:
    """Return the network called `name`: a catalogue name, applications:MobileNetV2, or a path.

    Only files have weights. Raises NotFoundError if there is none such, and what the readers raise.
    """
    if name in CATALOGUE:
        return ReadNetwork(CATALOGUE[name].network(input_shape, classes), None, ())
    if name.startswith(PREFIX):
        height, width, channels = input_shape or (224, 224, 3)
        network = application(name.removeprefix(PREFIX), (height, width, channels), classes or 1000)
        return ReadNetwork(network, None, ())
    path = Path(name)
    if not path.is_file():
        raise NotFoundError(
            f"There is no network {name!r}. Give a .keras or .h5 file, {PREFIX}MobileNetV2, or one "
            f"of {', '.join(CATALOGUE)}."
        )
    return read_network(path, input_shape=input_shape, scratch=scratch)
