"""Smooth without lag, measure angles, count repetitions and write a report.

python examples/count_and_report.py VIDEO REPORT.html
"""

from __future__ import annotations

import sys

from livepose import (
    AngleMeter,
    Estimator,
    Repetitions,
    Report,
    default_steps,
    load_model,
    open_source,
    parse_angles,
    parse_repetitions,
    smooth_zero_lag,
)


def main(video: str, report_path: str) -> None:
    meter = AngleMeter(parse_angles("knee,hip"))
    squats = Repetitions(parse_repetitions("right_knee:>90"), meter.names)
    with (
        open_source(video) as source,
        load_model("lightning") as model,
        Report(report_path, source.info.name, counters=[squats]) as report,
    ):
        steps = default_steps(model.max_people, one_euro=False)
        found = map(Estimator(model, steps=steps), source)
        for posed in smooth_zero_lag(found, steps=[meter, squats]):
            report.write(posed)
    for squat in squats.done:
        print(f"{squat.start_s:.2f} s to {squat.end_s:.2f} s, {squat.peak_deg:.0f} degrees")
    print(f"{squats.count} squats")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
