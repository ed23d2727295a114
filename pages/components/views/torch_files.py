"""A network's weights as PyTorch's users take them, made when they are asked for."""

from pathlib import Path

import streamlit as st

from core.evaluation.results import NetworkResult
from core.jobs.store.job import Job
from core.networks.formats import keras_h5, torch_writer
from core.runs.specs import result_of

KINDS = {".pt": torch_writer.to_pt, ".safetensors": torch_writer.to_safetensors}


def torch_files(path: Path, job: Job, key: str) -> None:
    """Offer a finished network's file as .pt and as .safetensors, in a small window."""
    result = result_of(job)
    if isinstance(result, NetworkResult) and result.summary:
        return  # the names of a state_dict are known for the reference network alone
    window = st.popover("PyTorch", key=f"{key}:torch", on_change="rerun")
    if not window.open or not isinstance(result, NetworkResult):
        return
    with window:
        weights = keras_h5.read(path)
        for ending, made in KINDS.items():
            name = path.with_suffix(ending).name
            st.download_button(
                f"Download {name}",
                made(weights, result.reference_shape.final_map),
                name,
                key=f"{key}{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
        st.caption("A state_dict of the assignment's Sequential: model.0.weight … model.16.bias.")
