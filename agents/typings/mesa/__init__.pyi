# What this project uses of Mesa, which brings no types of its own. Without it every agent and model would be Any to
# the type checker, and no model could be checked against what `ecosystem_agents.world` says of it.
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

__version__: str

class Model:
    steps: int
    running: bool
    rng: np.random.Generator
    agents: Any
    @property
    def agents_by_type(self) -> dict[type[Agent], Any]: ...
    def __init__(self, *, rng: Any = None) -> None: ...
    def step(self) -> None: ...

class Agent:
    unique_id: int
    def __init__(self, model: Any) -> None: ...
    def remove(self) -> None: ...
    @classmethod
    def create_agents(cls, model: Any, n: int, *args: Any) -> Any: ...

class DataCollector:
    model_reporters: dict[str, Any]
    agent_reporters: dict[str, Any]
    agenttype_reporters: dict[type[Agent], Any]
    model_vars: dict[str, list[Any]]
    tables: dict[str, dict[str, list[Any]]]
    def __init__(
        self,
        model_reporters: Mapping[str, str | Callable[..., Any]] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
        agenttype_reporters: Mapping[type[Agent], Mapping[str, Any]] | None = None,
        tables: Mapping[str, list[str]] | None = None,
    ) -> None: ...
    def collect(self, model: Model) -> None: ...
    def get_model_vars_dataframe(self) -> pd.DataFrame: ...
    def get_table_dataframe(self, table_name: str) -> pd.DataFrame: ...

def batch_run(
    model_cls: Callable[..., Model], parameters: Mapping[str, Any], **options: Any
) -> list[dict[str, Any]]: ...
