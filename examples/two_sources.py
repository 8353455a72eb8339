"""Take poses of two cameras or files at once, with one model.

python examples/two_sources.py FIRST SECOND
"""

from __future__ import annotations

import sys

from livepose import Estimator, Pipeline, load_model, open_source


def main(first: str, second: str) -> None:
    with (
        load_model("lightning", concurrency=2) as model,
        open_source(first) as left,
        open_source(second) as right,
        # One model may serve several estimators; each remembers the people of its own source.
        Pipeline(left, Estimator(model)) as left_frames,
        Pipeline(right, Estimator(model)) as right_frames,
    ):
        for a, b in zip(left_frames, right_frames, strict=False):
            print(
                f"{a.frame.time_s:.2f} s: {len(a.poses)} in {left.info.name}, "
                f"{b.frame.time_s:.2f} s: {len(b.poses)} in {right.info.name}"
            )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
