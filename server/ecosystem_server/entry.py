"""The field that all controls are made of: it keeps what a visitor types, whatever the server answers meanwhile."""

from __future__ import annotations

from ecosystem_server.board import PAGE

ENTRY = {"entry-field": (PAGE / "entry-field.vue").read_text(encoding="utf-8")}
"""Components of a template of controls: ``<entry-field :value :revision @given>``, with ``options`` or a ``type``."""
