"""Options in a configuration that a kind does not have: which may be left out, and which not."""

from collections.abc import Collection, Mapping
from typing import Any

from core.errors import SettingsError

# They change nothing that a trained network answers: names, types, and what training needs.
HARMLESS = frozenset(
    (
        "name",
        "trainable",
        "dtype",
        "autocast",
        "batch_input_shape",
        "batch_shape",
        "input_shape",
        "batch_size",
        "sparse",
        "ragged",
        "optional",
        "input_tensor",
        "supports_masking",
        "seed",
        "noise_shape",
        "synchronized",
        "fused",
        "virtual_batch_size",
        "renorm_momentum",
        "renorm_clipping",
        "lora_rank",
        "lora_alpha",
    )
)
TRAINING = ("_initializer", "_regularizer", "_constraint")
ELSEWHERE = frozenset({"data_format", "quantization_config"})  # checked by themselves


def check_options(config: Mapping[str, Any], own: Collection[str], idle: Mapping[str, Any]) -> None:
    """Raise SettingsError for an option that is neither a kind's own nor without effect.

    idle: option -> the value at which it does nothing; of one that is not listed: None, False, 0.
    """
    for name, value in config.items():
        harmless = name in HARMLESS or name in ELSEWHERE or name.endswith(TRAINING)
        does_nothing = value == idle[name] if name in idle else not value
        if not (harmless or name in own or does_nothing):
            raise SettingsError(
                f"its option {name[:40]} is {str(value)[:40]!r}, which is not supported. Build the "
                "network without this option and train it again."
            )
