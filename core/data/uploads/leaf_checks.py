"""What is odd about clients' own data although it can be read: said before anything is trained."""

from collections.abc import Iterable, Sequence

import numpy as np

from core.errors import UploadError
from core.text import plural

ClientArrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
LISTED = 10
MOST_SHARED = 0.5  # of the samples for validation


def warnings(clients: Sequence[ClientArrays]) -> list[str]:
    """Return finished sentences on labels that nobody has and on samples that are held twice.

    clients: (train x, train y, validation x, validation y) of each; labels from 0. Labels keep
    their numbers: a sample of a population's clients need not show every class.
    Raises UploadError if all samples belong to one class.
    """
    trained = np.unique(np.concatenate([client[1] for client in clients]))
    held = np.unique(np.concatenate([client[3] for client in clients]))
    known = np.union1d(trained, held)
    if len(known) < 2:
        raise UploadError(
            "All samples belong to one class, so there is nothing to tell apart. "
            "Export clients with at least two classes."
        )
    return [*_gaps(known), *_unseen(np.setdiff1d(held, trained)), *_shared(clients)]


def _gaps(known: np.ndarray) -> Iterable[str]:
    missing = np.setdiff1d(np.arange(known[-1] + 1), known)
    if len(missing):
        yield (
            f"Warning: no sample has {_labels(missing)}. The network has {known[-1] + 1:,} "
            f"outputs all the same, {len(missing):,} of them never right; number the classes "
            "without gaps to leave these out."
        )


def _unseen(labels: np.ndarray) -> Iterable[str]:
    if len(labels):
        yield (
            f"Warning: the validation samples include {_labels(labels)}, which no client trains "
            "on; the network cannot learn these classes."
        )


def _labels(labels: np.ndarray) -> str:
    """Return "the label 3" or "the labels 1, 2, 3, …"."""
    shown = ", ".join(map(str, labels[:LISTED])) + (", …" if len(labels) > LISTED else "")
    return f"the label{'s' if len(labels) > 1 else ''} {shown}"


def _shared(clients: Sequence[ClientArrays]) -> Iterable[str]:
    """Yield a warning if most samples for validation are trained on: a file that is in twice.

    Few features have few values, so that some samples are equal by chance.
    """
    held = sum(len(client[3]) for client in clients)
    shared = sum(_equal(x, other) for x, _, other, _ in clients)
    if shared > MOST_SHARED * held:
        yield (
            f"Warning: {shared:,} of {plural(held, 'validation sample')} equal a training sample "
            "of the same client, so the validation accuracy says little about new samples."
        )


def _equal(train: np.ndarray, held: np.ndarray) -> int:
    known = {sample.tobytes() for sample in train} if len(held) else set()
    return sum(sample.tobytes() in known for sample in held)
