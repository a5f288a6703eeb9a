"""Embeddings that visitors bring: checked for size before they are unpacked, never unpickled."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from agents.checks import BadInput
from server.limits import Limits

KINDS = (".npz", ".npy", ".parquet")


def keep(name: str, data: bytes, folder: tempfile.TemporaryDirectory[str], limits: Limits) -> str:
    """Store an uploaded file under a name of our own and return its path.

    Parameters
    ----------
    name : str
        What the visitor calls it; only its ending is used.
    data : bytes
        Its contents.
    folder : TemporaryDirectory
        Where to put it; the page's own, gone when the page is closed.
    limits : Limits
        What this server allows.

    Raises
    ------
    BadInput
        If it is of another kind, too large, or would be too large once unpacked.
    """
    ending = Path(name).suffix.lower()
    if ending not in KINDS:
        raise BadInput(
            f"the file ends in {ending[:12]!r}; it must be {', '.join(KINDS)}: save it with numpy.savez"
        )
    check_size(len(data), limits)
    if ending == ".npz":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
        except zipfile.BadZipFile:
            raise BadInput("the file is no .npz archive; save it with numpy.savez(users=...)") from None
        check_size(unpacked, limits, "unpacked, ")
    path = Path(folder.name) / f"upload{ending}"
    path.write_bytes(data)
    return str(path)


def check_size(size: int, limits: Limits, when: str = "") -> None:
    """Refuse a file larger than this server takes.

    Raises
    ------
    BadInput
        If it is.
    """
    if size > limits.upload:
        raise BadInput(
            f"{when}the file has {size / 1e6:.1f} MB; at most {limits.upload / 1e6:.0f} MB are taken here: "
            "store 32-bit floats, or fewer users"
        )
