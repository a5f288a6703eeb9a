"""The site: these pages, the lessons executed, a page for every public object; nothing on it is fetched."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
os.environ.pop("MPLBACKEND", None)  # figures belong into the lessons, whatever else is drawn with

project = "Creator Ecosystem"
author = "the Creator Ecosystem authors"
version = release = version_of("creator-ecosystem")
extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "equations",
    "made_from_code",
    "replays",
]
templates_path = ["_templates"]
exclude_patterns = ["_*", "how-to/*/*", "**.ipynb_checkpoints"]

html_theme = "pydata_sphinx_theme"
html_title = project
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # it is fetched, which a browser does not do from disk
html_sidebars = {"index": [], "gallery/*": []}
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    # None on the front page and in gallery/.
    "secondary_sidebar_items": {"index": [], "[!g]**": ["page-toc"]},
    "navigation_depth": 2,
    "collapse_navigation": True,
    "header_links_before_dropdown": 5,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_custom_formats = {".ipynb": "lessons.read"}
nb_execution_mode = "cache"
nb_execution_timeout = 600
nb_execution_raise_on_error = True

default_role = "py:obj"
autodoc_typehints = "none"  # signatures say enough with names and defaults; types stand in the text
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
