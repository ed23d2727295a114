"""Reading bytes as the child does, in this process: for tests of thousands of files."""

import io
import tempfile

from core.archives.child import Source
from core.archives.limits import WEIGHTS_LIMITS
from core.networks.formats import reader


def parse(content, shape=None, *, images=None, limits=WEIGHTS_LIMITS):
    """Return (weights, notes) of a file's bytes; shape: the network that is expected."""
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as spool:
        file.write(content)
        file.seek(0)
        raw = io.FileIO(file.fileno(), closefd=False)
        source = Source(raw, spool, lambda share, what: None, limits)
        images = images or (shape.input_shape if shape else None)
        return reader.parse(source, shape.parameter_shapes() if shape else None, images)
