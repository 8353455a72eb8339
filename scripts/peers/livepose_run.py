"""What `livepose --video CLIP --out OUT` does, with the clock of the peers.

python scripts/peers/livepose_run.py CLIP OUT --runtime litert [--frames N]
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
    from livepose.session.options import Options, SourceKind
    from livepose.session.run import Listener, run

    steady = Steady()
    options = Options(
        SourceKind.VIDEO,
        task.clip,
        out=Path(task.out),
        runtime=RuntimeName(task.runtime),
        max_frames=task.most_frames,
        overwrite=True,
    )
    summary = run(options, Listener(on_frame=steady.reach))
    steady.reach(summary.frames)
    if summary.complaints:
        raise SystemExit("\n".join(summary.complaints))
    steady.report()


if __name__ == "__main__":
    main(asked_for())
