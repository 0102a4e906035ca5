"""Writes the pictures of the gallery that the docs show: `python -m e2e.pictures`, or `make gallery`."""

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from e2e.gallery import served
from widget_host.web.widgets.gallery.pages import SHELVES

FOLDER = Path(__file__).parents[1] / "docs" / "images"
FLAGS = ("--no-sandbox", "--disable-gpu")
COLUMNS = 8
# Four looks of each state, and of the docs' own width in the end.
