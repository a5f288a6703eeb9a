"""What there is to see of all users, as attributes of a model."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar, overload

import numpy as np

from ecosystem.sharding.audience import Audience

T = TypeVar("T")


class _Model(Protocol):
    _audience: Audience


class _Attribute(Generic[T]):
    def __init__(self, quantity: str, doc: str) -> None:
        self.quantity, self.__doc__ = quantity, doc

    @overload
    def __get__(self, model: None, owner: Any) -> _Attribute[T]: ...
    @overload
    def __get__(self, model: _Model, owner: Any) -> T: ...
    def __get__(self, model: _Model | None, owner: Any) -> T | _Attribute[T]:
        return self if model is None else self._of(model._audience)

    def __set__(self, model: _Model, value: object) -> None:
        raise AttributeError(f"{self.quantity} cannot be set; it is what the model works out")

    def _of(self, audience: Audience) -> T:
        raise NotImplementedError


class OfUsers(_Attribute[np.ndarray]):
    """A quantity of each user, (m, ...), put together from where users are when it is asked for."""

    def _of(self, audience: Audience) -> np.ndarray:
        return audience.of_users(self.quantity)


class Mean(_Attribute[float]):
    """The mean of a quantity over users who are there, by mass."""

    def _of(self, audience: Audience) -> float:
        return audience.mean(self.quantity)
