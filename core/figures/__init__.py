"""Plain data to Plotly figures; no Streamlit."""

__all__ = [
    "architecture",
    "classes",
    "colors",
    "comparison",
    "convergence",
    "federation",
    "frontier",
    "image_strip",
    "lessons",
    "model_map",
    "overlay",
    "per_class",
    "preview",
    "score_distribution",
    "search",
    "sensitivity",
    "theme",
    "training_curves",
    "weights",
]
