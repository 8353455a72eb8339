"""Open a report in headless Chromium: nothing is loaded, nothing fails, two sheets are printed.

    python scripts/check_report.py [--keep FOLDER]

The ten knee bends of the built-in scene are reported. It needs Chromium, and pdfinfo and pdftoppm
(poppler). With --keep, the report, its sheets and pictures of it on a desktop and on a phone stay
in a folder, to be looked at.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SHEETS = 2
CHROMIUMS_OWN = r"//[^/]*\.(google|googleapis|gvt1)\.com/"
"""What Chromium loads for itself, such as its dictionary."""
SIZES = {"desktop": (1200, 1900), "phone": (500, 2600)}
"""Headless Chromium makes no window that is narrower than 500 px."""


def chromium(folder: Path, *words: str) -> str:
    """Run headless Chromium, and return what it says."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "this needs Chromium"
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *words]
    command += ["--enable-logging=stderr", (folder / "report.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout + done.stderr


def requests_in(net_log: Path) -> list[str]:
    """Return the addresses that the page has asked for, from Chromium's log of the network."""
    events = json.loads(net_log.read_text("utf-8"))["events"]
    urls = {event.get("params", {}).get("url", "") for event in events}
    return sorted(url for url in urls if url and not url.startswith(("file:", "data:")))


def check(folder: Path) -> None:
    words = (
        "--demo --scene bends --max-frames 750 --no-show --reps right_knee:>90 --angles knee,hip"
    )
    report = folder / "report.html"
    command = [sys.executable, "-m", "livepose", *words.split(), "--report", str(report)]
    subprocess.run([*command, "--overwrite"], check=True)
    text = report.read_text("utf-8")
    assert not re.search(r"(src|href)=\"(?!#|data:)", text), "the page refers to something"
    said = chromium(folder, f"--print-to-pdf={folder / 'report.pdf'}", "--no-pdf-header-footer")
    assert ":CONSOLE" not in said, said
    net_log = folder / "net.json"
    for name, (width_px, height_px) in SIZES.items():
        picture = folder / f"{name}.png"
        said = chromium(
            folder,
            f"--window-size={width_px},{height_px}",
            f"--screenshot={picture}",
            f"--log-net-log={net_log}",
        )
        assert ":CONSOLE" not in said, said
    page_requests = [url for url in requests_in(net_log) if not re.search(CHROMIUMS_OWN, url)]
    assert not page_requests, page_requests
    pdf = folder / "report.pdf"
    info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    sheets = int(re.search(r"Pages: +(\d+)", info)[1])  # type: ignore[index]
    assert sheets == SHEETS, f"{sheets} sheets"
    subprocess.run(["pdftoppm", "-r", "80", "-png", pdf, folder / "sheet"], check=True)
    print(f"ok: {len(text) // 1000} kB, no request, an empty console, {sheets} sheets")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="a folder for the report and its pictures")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        check(options.keep.resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder))


if __name__ == "__main__":
    main()
