"""Paint the README's image: four moments of the built-in figure, with the network's keypoints.

python scripts/make_readme_picture.py [docs/demo.jpg]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from livepose import Estimator, load_model, paint
from livepose.sinks.image import write_image
from livepose.sources import open_demo

MOMENTS = (30, 105, 135, 190)
SIZE_PX = (480, 480)


def main(target: Path) -> None:
    """Write the image."""
    painted = []
    with open_demo(SIZE_PX, frame_count=max(MOMENTS) + 1) as source, load_model() as model:
        for posed in map(Estimator(model), source):
            if posed.frame.index in MOMENTS:
                painted.append(paint(posed).bgr)
    write_image(target, np.hstack(painted))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/demo.jpg"))
