"""Pictures of the Learn page: one filter cut, one round drawn, what a method removes."""

from collections.abc import Callable, Mapping

import numpy as np

from core.federated.algorithms import ALGORITHMS
from core.figures import colors
from core.figures.theme import Chart, Trace, axis, layout
from core.figures.weights import enlarged

SPAN = 3.0  # the toy's two parameters are drawn from -SPAN to SPAN
LINES = 61  # grid points of a contour, on each side


def norm_bars(norms: np.ndarray, cut: np.ndarray, layer: str) -> Chart:
    """Return the L1 norm of every filter; those that will be cut stand out."""
    gone = set(cut.tolist())
    places = list(range(len(norms)))
    return Chart(
        name=f"norms-{layer}",
        traces=[
            {
                "type": "bar",
                "x": places,
                "y": norms.round(4).tolist(),
                "marker": {
                    "color": [colors.LIGHT[3] if p in gone else colors.MUTED for p in places]
                },
                "hovertemplate": "filter %{x}: %{y:.3f}<extra></extra>",
            }
        ],
        layout=layout(axis(f"Filter of {layer}"), axis("Σ|w|"), showlegend=False),
        alt=f"L1 norms of the {len(norms)} filters of {layer}; the smallest, number "
        f"{', '.join(map(str, sorted(gone)))}, will be cut.",
        rows=[{"filter": p, "norm": float(norms[p]), "cut": p in gone} for p in places],
    )


def round_map(
    paths: np.ndarray,
    server: np.ndarray,
    loss: Callable[[np.ndarray], np.ndarray],
    optimum: np.ndarray,
    centres: np.ndarray,
    mean: bool,
) -> Chart:
    """Return the mean loss as contours, the clients' local paths, and the server's own path.

    paths: (clients, steps + 1, 2) of the round shown, (0, ...) to show none.
    server: (rounds + 1, 2). mean: draw the server's path as well. loss: points (..., 2) -> values.
    """
    traces = [_contours(loss)]
    traces += [_client(number, path) for number, path in enumerate(paths)]
    traces += [_spots("Client's own optimum", centres, "x", colors.MUTED, 9)]
    traces += [_spots("Optimum of the mean", optimum[None], "star", "$text", 14)]
    if mean:
        traces.append(_server(server))
    square = {"range": [-SPAN, SPAN], "constrain": "domain"}
    return Chart(
        name="round",
        traces=traces,
        layout=layout(
            axis("Parameter 1", **square), axis("Parameter 2", scaleanchor="x", **square)
        ),
        alt=_sentence(server, optimum, len(paths)),
        rows=[
            {"round": number, "parameter 1": float(w[0]), "parameter 2": float(w[1])}
            for number, w in enumerate(server)
        ],
    )


def _contours(loss: Callable[[np.ndarray], np.ndarray]) -> Trace:
    line = np.linspace(-SPAN, SPAN, LINES)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    return {
        "type": "contour",
        "x": line.round(3).tolist(),
        "y": line.round(3).tolist(),
        "z": loss(grid).round(4).tolist(),
        "ncontours": 18,
        "contours": {"coloring": "none"},
        "line": {"color": colors.MUTED, "width": 0.8},
        "showscale": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _client(number: int, path: np.ndarray) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"Client {number + 1}",
        "x": path[:, 0].round(4).tolist(),
        "y": path[:, 1].round(4).tolist(),
        "line": {"color": colors.series(number + 1), "width": 1.5},
        "marker": {"size": 5},
    }


def _server(path: np.ndarray) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "Server",
        "x": path[:, 0].round(4).tolist(),
        "y": path[:, 1].round(4).tolist(),
        "line": {"color": colors.series(0), "width": 3},
        "marker": {"size": 8},
    }


def _spots(name: str, places: np.ndarray, symbol: str, color: str, size: int) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": places[:, 0].round(4).tolist(),
        "y": places[:, 1].round(4).tolist(),
        "marker": {"symbol": symbol, "size": size, "color": color},
    }


def _sentence(server: np.ndarray, optimum: np.ndarray, clients: int) -> str:
    away = [float(np.linalg.norm(w - optimum)) for w in (server[0], server[-1])]
    return (
        f"{clients} clients' paths on the contours of the mean loss; after {len(server) - 1} "
        f"rounds the server is {away[1]:.2f} from the optimum, at the start it was {away[0]:.2f}."
    )


def removal_picture(structured: bool, size: int = 16) -> np.ndarray:
    """Return what a kind of pruning leaves of a weight matrix, enlarged, uint8.

    Weights are sines of their place, so that the picture is always the same: unstructured keeps
    the largest half one by one, structured the columns with the largest sums.
    """
    rows, columns = np.mgrid[1 : size + 1, 1 : size + 1]
    weights = np.abs(np.sin(rows * 12.9898 + columns * 78.233) * np.sin(columns * 1.7))
    worth = np.broadcast_to(weights.sum(axis=0), weights.shape) if structured else weights
    kept = worth >= np.median(worth)
    shades = np.where(kept, 0.35 + 0.65 * weights / weights.max(), 0.0)[..., None]
    alive, zero = np.array([28.0, 92.0, 196.0]), np.array([226.0, 229.0, 232.0])
    return enlarged((zero + shades * (alive - zero)).round().astype(np.uint8))


def paths_of(
    server_paths: Mapping[str, np.ndarray],
    loss: Callable[[np.ndarray], np.ndarray],
    optimum: np.ndarray,
) -> Chart:
    """Return the server's paths on the toy federation, one for each algorithm's name."""
    labelled = {ALGORITHMS[name].label: path for name, path in server_paths.items()}
    traces = [_contours(loss), _spots("Optimum", optimum[None], "star", "$text", 14)]
    traces += [
        _server(path)
        | {"name": ALGORITHMS[name].label, "line": {"color": colors.color(name), "width": 2}}
        for name, path in server_paths.items()
    ]
    square = {"range": [-SPAN, SPAN], "constrain": "domain"}
    ends = "; ".join(
        f"{label} ends {np.linalg.norm(path[-1] - optimum):.2f} away"
        for label, path in labelled.items()
    )
    return Chart(
        name="paths",
        traces=traces,
        layout=layout(
            axis("Parameter 1", **square), axis("Parameter 2", scaleanchor="x", **square)
        ),
        alt=f"Paths of the server towards the optimum: {ends}.",
        rows=[
            {
                "algorithm": label,
                "round": number,
                "parameter 1": float(w[0]),
                "parameter 2": float(w[1]),
            }
            for label, path in labelled.items()
            for number, w in enumerate(path)
        ],
    )
