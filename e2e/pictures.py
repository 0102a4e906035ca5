"""Writes the pictures of the gallery that the docs show: `make gallery`, which is `python -m e2e.pictures`."""

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Playwright, sync_playwright

from e2e.chromium import binary
from e2e.gallery import served
from widget_host.web.widgets.gallery.pages import SHELVES

FOLDER = Path(__file__).parents[1] / "docs" / "images"
INDEXED = Path(__file__).with_name("indexed.js").read_text("utf-8")
BYTES_AT_MOST = 500_000
WIDTH, SCALE = 3980, 0.45
STYLE = """
header, h2, code { display: none }
body { padding: 40px 20px 0 }
.shelf { display: block; columns: 340px; column-gap: 20px }
figure { break-inside: avoid; margin-block-end: 40px }
figcaption { font-size: 20px }
"""
ROW = """
async ([style, states, looks]) => {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [await sheet.replace(style)];
  const row = document.createElement("div");
  row.className = "frames";
  for (const [query, width] of looks) {
    for (const state of states) {
      const figure = document.getElementById(state).cloneNode(true);
      const frame = figure.querySelector("iframe");
      frame.addEventListener("load", () => fit(frame));
      frame.width = width;
      frame.src = `${frame.src.split("?")[0]}?${query}`;
      row.append(figure);
    }
  }
  document.querySelector("main").append(row);
  for (const frame of document.querySelectorAll("iframe")) frame.loading = "eager";
}
"""
# Every state is shown in light English at 320 px, the way through each widget in these looks too.
LOOKS = (("mode=dark&locale=en", 320), ("mode=light&locale=ar", 320), ("mode=dark&locale=ar", 480))
WAYS = {"purchase": ("amount-typed", "review", "done"), "multibrand": ("overview", "programs", "saved")}


def write(browser: Browser, url: str, widget: str) -> Path:
    """Write the picture of one widget's states, and return its file."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 2000}, device_scale_factor=SCALE)
    page.goto(f"{url}?widget={widget}")
    page.evaluate(ROW, [STYLE, [f"{widget}-{name}" for name in WAYS[widget]], LOOKS])
    page.wait_for_load_state("networkidle")
    seen = base64.b64encode(page.screenshot(full_page=True, animations="disabled")).decode()
    page.goto("about:blank")
    page.add_script_tag(content=INDEXED)
    file = FOLDER / f"gallery-{widget}.png"
    file.write_bytes(base64.b64decode(page.evaluate("indexed", f"data:image/png;base64,{seen}")))
    page.close()
    return file


def launched(playwright: Playwright) -> Browser:
    """Start the Chromium that the tests take."""
    named = binary(playwright.chromium.executable_path)
    return playwright.chromium.launch(executable_path=named, args=["--no-sandbox", "--disable-gpu"])


def main() -> None:
    """Write them all; one that has grown too large for the docs ends it."""
    with TemporaryDirectory() as folder, served(Path(folder)) as url, sync_playwright() as playwright:
        browser = launched(playwright)
        for widget in SHELVES:
            file = write(browser, url, widget)
            size = file.stat().st_size
            sys.stdout.write(f"{file} {size} bytes\n")
            if size > BYTES_AT_MOST:
                sys.exit(f"{file} is larger than {BYTES_AT_MOST} bytes.")


if __name__ == "__main__":
    main()
