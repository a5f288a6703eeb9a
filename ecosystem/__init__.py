"""The world the agents act in: games, the compiled market, environments and the Mesa models.

What users build on is here and, for what they add themselves, in `ecosystem.plugins`.
"""

from ecosystem.lazily import Late

_late = Late(__file__)
__all__ = _late.names()
__dir__ = _late.names


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("creator-ecosystem")
    return _late.attribute(name)
