"""The demo's prepared comparisons: the assignment's four questions, and five of other courses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.records import Record

State = Mapping[str, str | float]
IID, MIXED = "iid", 1
# What the page opens with: one data set divided in two ways, so that heights compare.
OPENING = "dirichlet"
# Runs beyond the sliders, by their ids in `extras`.
ALPHAS = (100.0, 1.0, 0.3, 0.1, 0.05)
CNN_ALPHAS = (100.0, 0.3, 0.05)
DOMINATED = ("dominated:samples", "dominated:equal", "dominated:fedavg")
STRAGGLING = ("late:nobody", "late:dropped", "late:kept", "late:prox")


@dataclass(frozen=True)
class DemoPreset(Record):
    """One comparison. state: positions of the sliders, by their names in the address.

    extras: half -> ids of runs that lie outside the sliders. titles: of these halves.
    """

    name: str
    title: str
    about: str
    state: Mapping[str, str | float] = field(default_factory=dict)
    extras: Mapping[str, tuple[str, ...]] | None = None
    titles: Mapping[str, str] | None = None


PRESETS = (
    DemoPreset(
        "sgd_and_fedavg",
        "Question 1: SGD vs. FedAvg",
        "IID clients, mini-batch SGD on the left, FedAvg on the right. Which needs fewer rounds, "
        "and which more gradient evaluations? (View 4)",
        {
            "left": IID,
            "right": IID,
            "alg": "minibatch_sgd",
            "alg2": "fedavg",
            "k": 200,
            "target": 0.6,
        },
    ),
    DemoPreset(
        "local_steps",
        "Question 2: local steps",
        "FedAvg with 1, 5, 20 and 100 local steps: what do more of them gain on IID clients, and "
        "on heterogeneous ones?",
        {"left": IID, "right": MIXED, "vary": "k:1,5,20,100", "k": 100},
    ),
    DemoPreset(
        "iid_and_heterogeneous",
        "Question 3: IID vs. heterogeneous",
        "FedAvg on IID and on heterogeneous clients. They are two tasks, so compare how smoothly "
        "the curves rise and how far the clients drift, not their heights.",
        {"left": IID, "right": 2, "k": 100},
    ),
    DemoPreset(
        "drift",
        "Question 4: client drift",
        "100 local steps on heterogeneous clients: FedAvg on the left, SCAFFOLD on the right. "
        "Views 2 and 3 show the clients drift.",
        {"left": 2, "right": 2, "alg": "fedavg", "alg2": "scaffold", "k": 100},
    ),
    DemoPreset(
        "k",
        "K = 1, 5, 10, 20",
        "FedAvg with few local steps, on IID and on heterogeneous clients.",
        {"left": IID, "right": MIXED, "vary": "k:1,5,10,20", "k": 20},
    ),
    DemoPreset(
        "participation",
        "Participation 1, 0.5, 0.2",
        "All 30, 15 or 6 clients take part in a round: who is missing matters more on "
        "heterogeneous clients.",
        {"left": IID, "right": 2, "vary": "c:30,15,6", "k": 50, "c": 6},
    ),
    DemoPreset(
        "dirichlet",
        "Dirichlet α on images (MLP)",
        "The bundled garments among 10 clients, labels drawn from Dirichlet(α): 100 is almost IID, "
        "0.05 leaves a client one or two labels. One task, so the heights compare.",
        extras={
            "left": tuple(f"mlp:{alpha:g}" for alpha in reversed(ALPHAS[:2])),
            "right": tuple(f"mlp:{alpha:g}" for alpha in ALPHAS[2:]),
        },
        titles={"left": "Nearly IID labels, MLP", "right": "Skewed labels, MLP"},
    ),
    DemoPreset(
        "dirichlet_cnn",
        "Dirichlet α on images (CNN)",
        "The same images with the convolutional network that is pruned elsewhere, 10 rounds.",
        extras={
            "left": tuple(f"cnn:{alpha:g}" for alpha in CNN_ALPHAS[:1]),
            "right": tuple(f"cnn:{alpha:g}" for alpha in CNN_ALPHAS[1:]),
        },
        titles={"left": "Nearly IID labels, CNN", "right": "Skewed labels, CNN"},
    ),
    DemoPreset(
        "dominated",
        "One client with 60% of the data",
        "Weighted by samples, or each client alike? Change the curve to the mean of the clients’ "
        "accuracies: the ranking depends on the mean that is asked for.",
        extras={"left": (DOMINATED[0], DOMINATED[2]), "right": (DOMINATED[1],)},
        titles={"left": "Weighted by samples", "right": "Clients weighted alike"},
    ),
    DemoPreset(
        "stragglers",
        "Stragglers",
        "90% of a round’s clients manage only part of their 100 steps. FedAvg drops them in the "
        "FedProx paper; FedProx averages what they have.",
        extras={"left": STRAGGLING[:2], "right": STRAGGLING[2:]},
        titles={"left": "Their work is dropped", "right": "Their work is kept"},
    ),
)
