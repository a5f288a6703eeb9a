"""All that a plug-in needs, under one name: ``from ecosystem.plugins import Terms``.

Names are imported when they are first asked for, so that a file which uses them can stand inside the project as well.
"""

from ecosystem.lazily import Late

_late = Late(__file__)
__all__, __getattr__, __dir__ = _late.names(), _late.attribute, _late.names
