"""Add a motion step of your own: it counts how often a hand is raised over the head.

python examples/own_motion_step.py VIDEO
"""

from __future__ import annotations

import sys

from livepose import Estimator, MotionStep, PosedFrame, default_steps, load_model, open_source

MIN_SCORE = 0.3


class HandCounter(MotionStep):
    """Count raised hands, and remember by track id whose hand is up."""

    def __init__(self) -> None:
        self.count = 0
        self._is_up: dict[int, bool] = {}

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        for person in posed.poses:
            track_id = int(person.track_id[0])
            nose, wrist = person["nose"][0], person["right_wrist"][0]
            if min(nose[2], wrist[2]) < MIN_SCORE:
                continue
            is_up = bool(wrist[1] < nose[1])  # y points down
            self.count += is_up and not self._is_up.get(track_id, False)
            self._is_up[track_id] = is_up
        return posed

    def reset(self) -> None:
        self._is_up.clear()


def main(video: str) -> None:
    counter = HandCounter()
    with open_source(video) as source, load_model("lightning") as model:
        estimator = Estimator(model, steps=[*default_steps(model.max_people), counter])
        for _ in map(estimator, source):
            pass
    print(f"the right hand was raised {counter.count} times")


if __name__ == "__main__":
    main(sys.argv[1])
