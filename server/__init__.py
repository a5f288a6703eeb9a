"""The dashboard: the worlds live in a browser page."""
