"""What goes wrong while something is read, in a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ecosystem_agents.inputs.checks import BadInput

PLAIN_ARRAYS = (
    "save plain numeric arrays with numpy.savez or numpy.save, without pickled objects, or a table as Parquet"
)


@contextmanager
def reading(name: str, fix: str = PLAIN_ARRAYS) -> Iterator[None]:
    """Tell in a line what goes wrong while something of that name is read, and what to do."""
    try:
        yield
    except BadInput:
        raise
    except (
        Exception
    ) as error:  # readers raise many kinds, those of zipfile, zlib, tokenize and pyarrow among them
        # NumPy's advice on what it cannot read is to unpickle it, which would run the file's code.
        why = "no plain arrays" if "pickle" in str(error) else " ".join(str(error).split())[:120]
        raise BadInput(f"{name} cannot be read ({why}); {fix}") from None
