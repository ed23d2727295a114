"""Which layers a network may have, in one table made from LAYER_KINDS."""

from core.networks.layers import LAYER_KINDS

# Module of a kind -> what its layers do, and what pruning units makes of them.
FAMILIES = {
    "convolution": ("Convolutions", "their filters are units; groups go as a whole"),
    "dense": ("Dense layers", "their neurons are units"),
    "depthwise": ("Depthwise and separable convolutions", "go with the channels they carry"),
    "normalization": ("Normalization", "goes with its channels, or keeps them all"),
    "activation": ("Activations", "pass channels on; softmax keeps them all"),
    "pooling": ("Pooling", "passes channels on"),
    "merging": ("Sums, products, joins", "a sum ties its channels, a join keeps them apart"),
    "padding": ("Borders and enlarging", "pass channels on"),
    "reshaping": ("Input and order", "Flatten repeats channels at every position"),
    "scaling": ("Factors", "go with their channels"),
    "training_only": ("In training only", "pass channels on"),
}


def layer_table() -> list[tuple[str, str, str]]:
    """Return (family, names of its layers, what becomes of units), in the order of the table."""
    members: dict[str, list[str]] = {}
    for name, kind in LAYER_KINDS.items():
        members.setdefault(kind.__module__.rpartition(".")[2], []).append(name)
    return [
        (FAMILIES[family][0], ", ".join(names), FAMILIES[family][1])
        for family, names in members.items()
    ]


def layer_markdown() -> str:
    """Return the table in Markdown, as README and the Learn page show it."""
    rows = [("Layers", "Keras's classes", "When units are pruned"), ("---",) * 3, *layer_table()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
