"""How much a file from a stranger may cost before it is refused."""

from dataclasses import dataclass, replace

from core.errors import UploadError
from core.text import binary_size

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one parse; each protects a different resource.

    unpacked_bytes: everything a compressed file may become. file_bytes, text_bytes: one member of
    an archive, and one that is a text by its ending. memory_bytes: private memory of the child.
    output_bytes: the largest file the child may write. Together they hold what an upload can cost
    at about a gigabyte. image_pixels, total_pixels: what one image and all together may decode to,
    which bounds the time. remedy: what to do about a file of this kind beyond them.
    """

    upload_bytes: int = 500 * MIB
    unpacked_bytes: int = 512 * MIB
    file_bytes: int = 512 * MIB
    text_bytes: int = 512 * MIB
    memory_bytes: int = 512 * MIB
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    members: int = 65_000
    image_pixels: int = 50_000_000
    total_pixels: int = 4_000_000_000
    remedy: str = "Upload fewer or smaller images, best as NumPy arrays of bytes (uint8)."

    @property
    def output_bytes(self) -> int:
        """Scratch copy and result together never need more than twice the unpacked data."""
        return 2 * self.unpacked_bytes

    @property
    def address_bytes(self) -> int:
        """Address space: private memory, the mapped scratch file and the program itself."""
        return self.memory_bytes + self.unpacked_bytes + 1024 * MIB


def too_large(limits: Limits) -> UploadError:
    """Return the refusal of what unpacks to more than is allowed."""
    return UploadError(
        f"Unpacked, the file is larger than the {binary_size(limits.unpacked_bytes)} that are "
        f"accepted. {limits.remedy}"
    )


LIMITS = Limits()
CLIENT_LIMITS = replace(LIMITS, remedy="Upload fewer clients, or fewer samples of each.")
WEIGHTS_LIMITS = replace(
    LIMITS,
    upload_bytes=300 * MIB,
    unpacked_bytes=300 * MIB,
    cpu_seconds=30,
    wall_seconds=60.0,
    remedy="Upload the weights of the reference network alone.",
)
NETWORK_LIMITS = replace(
    LIMITS,
    upload_bytes=1536 * MIB,
    unpacked_bytes=1536 * MIB,
    file_bytes=1536 * MIB,
    memory_bytes=4096 * MIB,
    cpu_seconds=120,
    remedy="Save the network without its optimizer, or choose a smaller one.",
)
BUNDLE_LIMITS = replace(
    LIMITS,
    upload_bytes=1024 * MIB,
    unpacked_bytes=4096 * MIB,
    file_bytes=1024 * MIB,
    text_bytes=8 * MIB,
    members=20_000,
    wall_seconds=300.0,
    remedy="Export single runs instead.",
)
HAND_IN_LIMITS = replace(
    LIMITS,
    upload_bytes=4096 * MIB,
    unpacked_bytes=4096 * MIB,
    file_bytes=256 * MIB,
    text_bytes=4 * MIB,
    wall_seconds=300.0,
    remedy="Split the zip.",
)
