"""Synthetic(alpha, beta) and IID client data of the FedProx paper: Li et al., arXiv:1812.06127."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.errors import SettingsError
from core.randomness import generator
from core.settings import Settings, setting

FEATURES = 60
CLASSES = 10
Draws = np.random.Generator | np.random.RandomState


class ClientData(NamedTuple):
    """What one client owns. inputs: (n, features) float32; labels: (n,) int64, 0-based."""

    train_inputs: np.ndarray
    train_labels: np.ndarray
    validation_inputs: np.ndarray
    validation_labels: np.ndarray


@dataclass(frozen=True)
class Synthetic(Settings):
    """How client data are drawn; alpha and beta are ignored when iid is true.

    Client k: u_k ~ N(0, alpha); W_k, b_k ~ N(u_k, 1); B_k ~ N(0, beta); v_k[j] ~ N(B_k, 1);
    x ~ N(v_k, diag(j^-1.2)); y = argmax(W_k x + b_k). Synthetic(0, 0) is not IID: every client
    still draws its own W_k and v_k.
    """

    alpha: float = setting(
        0.0, low=0.0, high=10.0, help="How much the clients' true models differ (variance of u_k)."
    )
    beta: float = setting(
        0.0, low=0.0, high=10.0, help="How much the clients' inputs differ (variance of B_k)."
    )
    iid: bool = setting(False, help="One true model and one input distribution for all clients.")
    clients: int = setting(30, low=1, high=10_000, help="Number of clients.")
    largest_client: int = setting(
        20_000,
        low=50,
        high=1_000_000,
        unit="samples",
        advanced=True,
        help="Clients drawn larger than this are cut to it.",
        why="Sizes follow a power law, which now and then draws a client of tens of thousands.",
    )
    variant: str = setting(
        "paper",
        choices=("paper", "code"),
        advanced=True,
        help="paper: alpha and beta are variances. code: standard deviations, as in the authors' "
        "program.",
        why="The authors' program passes them as standard deviations and draws from NumPy's legacy "
        "generator without setting a seed. Our draws follow the same distribution; the very "
        "samples of their experiments are none of them.",
    )

    @property
    def label(self) -> str:
        """The name as the papers write it."""
        return "IID" if self.iid else f"Synthetic({self.alpha:g}, {self.beta:g})"


PRESETS = {
    "iid": Synthetic(iid=True),
    "synthetic:0,0": Synthetic(0.0, 0.0),
    "synthetic:0.5,0.5": Synthetic(0.5, 0.5),
    "synthetic:1,1": Synthetic(1.0, 1.0),
}


def synthetic_named(data: str) -> Synthetic | None:
    """Return what "iid[,code]" or "synthetic:ALPHA,BETA[,code]" means, None for other data.

    Raises SettingsError for numbers that are none or outside their limits.
    """
    if data in ("iid", "iid,code"):
        return Synthetic(iid=True, variant=data.partition(",")[2] or "paper")
    if not data.startswith("synthetic:"):
        return None
    try:
        alpha, beta, *variant = data.removeprefix("synthetic:").split(",")
        return Synthetic(float(alpha), float(beta), variant="".join(variant) or "paper")
    except ValueError:
        raise SettingsError(
            f"{data!r} is not synthetic:ALPHA,BETA with two numbers. Write synthetic:0.5,0.5."
        ) from None


def draw_clients(settings: Synthetic, seed: int) -> list[ClientData]:
    """Return every client's data, 90% of it for training and 10% for validation."""
    draws, shuffle = _source(settings, seed), generator(seed, "synthetic", "split")
    sizes = client_sizes(settings, draws)
    means, centres = _client_means(settings, draws)
    shared = _true_model(0.0, draws) if settings.iid else None
    clients = []
    for size, mean, centre in zip(sizes, means, centres, strict=True):
        # The authors draw a client's own model even where the shared one replaces it.
        own = _true_model(mean, draws)
        inputs = draws.multivariate_normal(centre, _covariance(), size)
        weight, bias = shared or own
        clients.append(_split(inputs, np.argmax(inputs @ weight + bias, axis=1), shuffle))
    return clients


def client_sizes(settings: Synthetic, draws: Draws) -> np.ndarray:
    """Return samples per client: int(lognormal(4, 2)) + 50, cut at the largest allowed."""
    sizes = draws.lognormal(4, 2, settings.clients).astype(np.int64) + 50
    return np.minimum(sizes, settings.largest_client)


def _source(settings: Synthetic, seed: int) -> Draws:
    if settings.variant == "code":
        return np.random.RandomState(seed)
    return generator(seed, "synthetic")


def _client_means(settings: Synthetic, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    """Return u_k, shape (clients,), and v_k, shape (clients, FEATURES)."""
    alpha, beta = (0.0, 0.0) if settings.iid else (settings.alpha, settings.beta)
    if settings.variant == "paper":
        alpha, beta = math.sqrt(alpha), math.sqrt(beta)
    means = draws.normal(0, alpha, settings.clients)
    centres = draws.normal(0, beta, settings.clients)
    if settings.iid:
        return means, np.repeat(centres[:, None], FEATURES, axis=1)
    return means, np.stack([draws.normal(centre, 1, FEATURES) for centre in centres])


def _true_model(mean: float, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    return draws.normal(mean, 1, (FEATURES, CLASSES)), draws.normal(mean, 1, CLASSES)


def _covariance() -> np.ndarray:
    return np.diag(np.arange(1, FEATURES + 1) ** -1.2)


def _split(inputs: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> ClientData:
    order = rng.permutation(len(labels))
    inputs, labels = inputs[order].astype(np.float32), labels[order].astype(np.int64)
    cut = int(0.9 * len(labels))
    return ClientData(inputs[:cut], labels[:cut], inputs[cut:], labels[cut:])
