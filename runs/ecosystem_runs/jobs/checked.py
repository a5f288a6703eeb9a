"""Jobs that are done where the code and the inputs are those of the command: of other workers nothing is believed."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecosystem_runs.digests.code import Code, code, differing
from ecosystem_runs.digests.inputs import input_digest


@dataclass(frozen=True)
class Refused:
    """What comes instead of a result where the code, or else an input, is not what the command has."""

    worker: str
    code: Code
    input: str | None = None
    digest: str = ""

    def line(self, expected: Checked) -> str:
        """Return what to tell people."""
        if self.input is None:
            here = code()
            names = differing(here, self.code) or "the version"
            return (
                f"{self.worker} has other code: {self.code} there, {here} here; they differ in {names}: install the "
                "same there as here"
            )
        wanted, now = expected.inputs[self.input], input_digest(self.input)
        if now != wanted:
            return (
                f"{self.input} was changed meanwhile: input digest {wanted} at the start, {now} now: put it back, or "
                "give another --out to start over with it"
            )
        return (
            f"{self.worker} has another {self.input}: input digest {self.digest} there, {wanted} here: copy the "
            "same there"
        )


@dataclass(frozen=True)
class Checked:
    """A function of a job, called where the code and all inputs are those that the command has.

    Inputs are looked at before and after each job, since jobs read them; that costs a look at when they were changed.
    """

    function: Callable[[Any], Any]
    inputs: Mapping[str, str]
    version: str = field(default_factory=lambda: code().version)
    code_digest: str = field(default_factory=lambda: code().digest)

    def __call__(self, job: Any) -> Any:
        """Return what the function does, or why that is not to be believed."""
        refused = self._refused()
        if refused is not None:
            return refused
        try:
            value = self.function(job)
        except Exception:
            if (refused := self._refused()) is not None:
                return refused
            raise
        return self._refused() or value

    def _refused(self) -> Refused | None:
        worker = f"worker process {os.getpid()} on {platform.node()}"
        here = code()
        if (here.version, here.digest) != (self.version, self.code_digest):
            return Refused(worker, here)
        for name, wanted in self.inputs.items():
            if (digest := input_digest(name)) != wanted:
                return Refused(worker, here, name, digest)
        return None
