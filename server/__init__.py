"""The dashboard: the worlds live in a browser page.

``app`` is the page; ``live`` and ``tour`` are its two sides of controls; ``engine`` plays the worlds of one tab in
a thread of its own; ``scene`` carries what it shows to the canvas in ``page/``.
"""
