"""Show the poses of a webcam in a loop of your own.

python examples/webcam_loop.py [CAMERA OR FILE] [--no-window]
"""

from __future__ import annotations

import sys

import cv2

from livepose import Estimator, Frame, load_model, paint


def main(source: str, *, has_window: bool) -> None:
    capture = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    with load_model("lightning") as model:
        estimator = Estimator(model)
        while True:
            is_read, image = capture.read()
            if not is_read:
                break
            # Without a time, a frame has that of the clock, as suits a camera.
            posed = estimator(Frame.from_bgr(image))
            for x, y, score in posed.poses["right_wrist"]:
                print(f"{posed.frame.time_s:.2f} s: {x:.0f}, {y:.0f} ({score:.2f})")
            if has_window:
                cv2.imshow("poses", paint(posed).bgr)
                if cv2.waitKey(1) == ord("q"):
                    break
    capture.release()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--no-window"]
    main(words[0] if words else "0", has_window="--no-window" not in sys.argv)
