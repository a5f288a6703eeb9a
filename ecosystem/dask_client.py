"""A connection to a Dask distributed scheduler."""

from __future__ import annotations

import logging
from typing import Any

from ecosystem.extras import library
from ecosystem_agents.inputs.checks import BadInput


def connect(address: str) -> Any:
    """Return a client of the scheduler at an address.

    Raises
    ------
    BadInput
        If Dask is not installed, or no scheduler answers there.
    """
    dask = library("distributed", "a scheduler", "cluster")
    # Dask tells of lost connections at length; we say it in a line.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return dask.Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BadInput(
            f"scheduler is {address!r}, where no Dask scheduler answers ({reason}); start one "
            "with `dask scheduler` and give the address it prints"
        ) from None
