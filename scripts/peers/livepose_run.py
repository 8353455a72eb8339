"""What `livepose --video CLIP --out OUT` does, with the clock of the peers.

python scripts/peers/livepose_run.py CLIP OUT --runtime litert [--frames N]
    [--people one|multipose|all]
"""

from __future__ import annotations

import os
from pathlib import Path

from steady import Steady, Task, asked_for


def main(task: Task) -> None:
    """Annotate a clip."""
    # As livepose's own start does, and before anything imports NumPy.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from livepose.models import RuntimeName
    from livepose.session.callbacks import RunCallbacks
    from livepose.session.options import (
        ModelOptions,
        Options,
        OutputOptions,
        PeopleOptions,
        SourceOptions,
    )
    from livepose.session.run import run

    steady = Steady()
    options = Options(
        SourceOptions(video=task.clip, max_frames=task.most_frames),
        OutputOptions(out=Path(task.out), overwrite=True),
        ModelOptions(
            name="multipose" if task.people == "multipose" else "lightning",
            runtime=RuntimeName(task.runtime),
        ),
        PeopleOptions(max_people=None if task.people == "all" else 1),
    )
    summary = run(options, RunCallbacks(on_frame=steady.reach))
    steady.reach(summary.frames)
    if summary.errors:
        raise SystemExit("\n".join(summary.errors))
    steady.report()


if __name__ == "__main__":
    main(asked_for())
