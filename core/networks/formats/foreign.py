"""Files that are handed in instead of weights: what each is, and what to do."""

import re

from core.errors import WeightsError

WEIGHTS = "Hand in my_model_weights.h5 as model.save_weights writes it."
# What the beginning of a file looks like, what that is, what to do.
KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        re.compile(rb"version https://git-lfs"),
        "a pointer of Git LFS, not the file itself",
        "Run git lfs pull in the repository and hand in the file that is there then.",
    ),
    (re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE), "a web page",
     "The download gave a page, perhaps a login, instead of the file: download it again."),
    (re.compile(rb'\s*\{\s*"metadata"\s*:\s*\{[^{}]*"total_size"', re.DOTALL),
     "the index of weights that lie in several files",
     "Save them in one file, without max_shard_size, and hand that in."),
    (re.compile(rb'\s*\{\s*"(cells|metadata|nbformat)"'), "a Jupyter notebook", WEIGHTS),
    (re.compile(rb'\s*\{\s*"(module|class_name)"'),
     "the description of a model (model.to_json), which holds no weights", WEIGHTS),
    (re.compile(rb"%PDF"), "a PDF", WEIGHTS),
    (re.compile(rb"....TFL3", re.DOTALL), "a TensorFlow Lite model", WEIGHTS),
    (re.compile(rb"\x08.\x12.(pytorch|tf2onnx|keras|onnx|pareto)", re.DOTALL),
     "an ONNX model", WEIGHTS),
    (re.compile(rb"\x93NUMPY"), "one NumPy array",
     "Save all arrays with numpy.savez(path, *model.get_weights())."),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|Rar!|7z\xbc\xaf|\x28\xb5\x2f\xfd"), "a packed file",
     "Unpack it and hand in the weights file itself."),
    (re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8"), "a picture", WEIGHTS),
    (re.compile(rb"\x00{16}"), "a file of zero bytes, an interrupted copy",
     "Save the weights again and hand in the new file."),
)  # fmt: skip


def check_known(head: bytes) -> None:
    """Raise WeightsError if the beginning of a file tells that it is something else."""
    for pattern, what, remedy in KINDS:
        if pattern.match(head):
            raise WeightsError(f"This is {what}. {remedy}")
