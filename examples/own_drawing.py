"""Draw on painted frames with cv2, and write a video.

python examples/own_drawing.py VIDEO OUTPUT.mp4
"""

from __future__ import annotations

import sys

import cv2

from livepose import Estimator, Keypoint, Style, load_model, open_source, paint


def main(video: str, output: str) -> None:
    style = Style(colors="people", thickness="thick", background="dim")
    with open_source(video) as source, load_model("lightning") as model:
        size_px = (source.info.width_px, source.info.height_px)
        rate = float(source.info.frame_rate or 30)
        writer = cv2.VideoWriter(output, cv2.VideoWriter.fourcc(*"mp4v"), rate, size_px)
        for posed in map(Estimator(model), source):
            bgr = paint(posed, style).bgr  # yours to draw on
            for person in posed.poses:
                x, y, score = person[Keypoint.NOSE][0].tolist()
                if score > 0.3:
                    cv2.circle(bgr, (round(x), round(y)), 40, (0, 255, 255), 3)
            text = f"{posed.frame.time_s:.1f} s"
            cv2.putText(bgr, text, (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
            writer.write(bgr)
        writer.release()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
