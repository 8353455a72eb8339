"""Make the README's image of the page: the demo in headless Chromium, on a desktop and on a phone.

python scripts/make_page_picture.py [docs/page.jpg]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livepose.sinks.image import write_image

DESKTOP_PX, PHONE_PX = (1180, 800), (390, 800)
GAP_PX = 20
SHOWN_MS = 9000
"""For so long the curves are drawn."""
IS_BENT = """() => {
  const value = document.querySelector("#plots figcaption .right");
  return parseInt(value.textContent.slice(2)) > 70;
}"""
RUN = ["--demo", "--scene", "bends", "--size", "960x720", "--plot", "knee,hip", "--counter"]


def main(target: Path) -> None:
    """Write the image."""
    words = [sys.executable, "-m", "livepose", *RUN, "--reps", "right_knee:>90", "--web", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            urls = (re.search(r"http://\S+", line) for line in process.stderr)
            pages = screenshots(next(match[0] for match in urls if match))
        finally:
            process.terminate()
    gap = np.full((DESKTOP_PX[1], GAP_PX, 3), 255, np.uint8)
    write_image(target, np.hstack((pages[0], gap, pages[1])))


def screenshots(url: str) -> list[Any]:
    """Return the page on a desktop by day, and on a phone by night."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        pages = [
            browser.new_page(viewport={"width": width_px, "height": height_px})
            for width_px, height_px in (DESKTOP_PX, PHONE_PX)
        ]
        pages[1].emulate_media(color_scheme="dark")
        for page in pages:
            page.goto(url)
        pages[0].wait_for_timeout(SHOWN_MS)
        pages[0].wait_for_function(IS_BENT)
        images = [np.frombuffer(page.screenshot(), np.uint8) for page in pages]
        browser.close()
    return [cv2.imdecode(image, cv2.IMREAD_COLOR) for image in images]


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/page.jpg"))
