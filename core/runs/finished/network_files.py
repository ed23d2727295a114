"""Where the files of a finished network lie, and why some are not offered."""

from pathlib import Path

from core.errors import NotFoundError
from core.evaluation.results import NetworkResult
from core.pruning.spec import PruneResult
from core.runs.finished.networks import Network
from core.runs.specs import result_of
from core.workspace import Workspace

NO_SMALLER = (
    "Single weights are zero and no unit was taken out: there is no smaller network to offer as "
    "compact.keras, LiteRT or ONNX. A method that removes whole units makes one."
)
SMALL_FORMATS = ("keras", "tflite", "onnx")


def weights_path(network: Network, workspace: Workspace) -> Path:
    """Return where a network's weights file lies. Raises NotFoundError when it was deleted."""
    path = workspace.artifacts(network.job.id) / Path(network.weights).name
    if not network.weights or not path.is_file():
        raise NotFoundError(
            f"The weights of “{network.point.label}” are no longer here. Run it again."
        )
    return path


def other_files(network: Network, workspace: Workspace) -> list[Path]:
    """Return the other files of a finished network that are here: formats, and the small one's."""
    result = result_of(network.job)
    if not isinstance(result, NetworkResult):
        return []
    small = getattr(result, "compact", None) or {}
    # The reference network's small files have been left out of its pages since version 0.1.
    names = [] if network.is_reference else [small.get(kind) for kind in SMALL_FORMATS]
    every = [*result.files.values(), *(str(name) for name in names if name)]
    folder = workspace.artifacts(network.job.id)
    return [folder / Path(name).name for name in every if (folder / Path(name).name).is_file()]


def not_offered(network: Network) -> str:
    """Return why formats of the small network are not offered, "" where all are."""
    result = result_of(network.job)
    small = getattr(result, "compact", None) or {}
    if not small and not network.is_reference and isinstance(result, PruneResult):
        return NO_SMALLER
    reasons = (small.get(f"{kind}_refused") for kind in SMALL_FORMATS)
    return " ".join(str(reason) for reason in reasons if reason)
