"""The mediator of the ranking game: enriches the corpus with static documents, seen as thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mesa import Agent

from ecosystem_agents.world import PublisherWorld


class Mediator(Agent):
    """The platform, which keeps its ranking and adds documents to the corpus (Section 2.2): see `enrich`."""

    model: PublisherWorld

    def __init__(
        self, model: PublisherWorld, threshold: Any = "auto", documents: Sequence[Any] | None = None
    ) -> None:
        super().__init__(model)
        self.enrich(threshold, documents)

    def enrich(self, threshold: Any = "auto", documents: Sequence[Any] | None = None) -> None:
        """Change what the corpus holds, at any moment; publishers answer from their next move on.

        Parameters
        ----------
        threshold : "none", "auto", a number, text, or one number per query
            No documents; the recommended uniform threshold min(p, 1/m); a uniform threshold such as 0.4 or
            "1/3"; or a vector, as a sequence or as text such as "1/2,0,1/2".
        documents : sequence of documents, optional
            The static documents themselves, instead of thresholds: k numbers each, in [0, p], sum at most 1.

        Raises
        ------
        BadInput
            If a threshold is outside [0, p], the vector has another length than k, or a document is not
            allowed.
        """
        if documents is not None:
            threshold = self.model.thresholds_of(documents)
        elif threshold is None:
            threshold = 0
        elif isinstance(threshold, str):
            if threshold == "none":
                threshold = 0
            elif threshold == "auto":
                threshold = self.model.recommended_threshold()
            elif "," in threshold:
                threshold = threshold.split(",")
        self.model.set_thresholds(threshold)
