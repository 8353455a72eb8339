"""What a comparison has found, as text: a row for each angle, and a summary."""

from __future__ import annotations

from collections.abc import Sequence

from livepose.analysis.comparison.difference import (
    COMMON,
    COVERED,
    AngleDifference,
    Comparison,
)

DIFFERENCE_COLUMNS = ("angle", "mean", "B - A", "largest", "at A", "at B", "seen")


def difference_rows(angles: Sequence[AngleDifference]) -> list[tuple[str, ...]]:
    """Return a row of text for each angle, below `DIFFERENCE_COLUMNS`.

    `mean` is the mean of the difference's magnitude, `B - A` the mean with its sign.
    """
    return [
        (
            angle.name.replace("_", " "),
            f"{angle.mean_deg:.1f}°",
            f"{_signed(angle.bias_deg)}°",
            f"{_signed(angle.greatest_deg)}°",
            f"{angle.at_a_s:.2f} s" if angle.greatest_deg else "-",
            f"{angle.at_b_s:.2f} s" if angle.greatest_deg else "-",
            f"{100 * angle.share:.0f} %",
        )
        for angle in angles
    ]


def summary_of(comparison: Comparison) -> str:
    """Return in a few sentences what differs most, and what was compared."""
    a_s, b_s = comparison.a_s, comparison.b_s
    worst = comparison.worst
    most = "There is no difference."
    if worst is not None:
        most = (
            f"The {worst.name.replace('_', ' ')} differs most: by {worst.mean_deg:.1f}° on "
            f"average, and by {abs(worst.greatest_deg):.1f}° at most, {worst.at_a_s:.2f} s into A."
        )
    percent = round(100 * (comparison.tempo - 1))
    tempo = "B is as fast as A"
    if percent:
        faster = f"{abs(percent)} % {'faster' if percent > 0 else 'slower'}"
        tempo = f"Between the first and the last tenth of the movement, B is {faster} than A"
    return (
        f"{most} A from {a_s[0]:.2f} to {a_s[-1]:.2f} s was compared with B from {b_s[0]:.2f} to "
        f"{b_s[-1]:.2f} s. {tempo}.{_lowering_of(comparison)}"
    )


def _lowering_of(comparison: Comparison) -> str:
    """Return the sentence on why the score is lower than that of what was matched, if it is."""
    before, after = (f"{score:.0f}" for score in (comparison.matched_score, comparison.score))
    if before == after:
        return ""
    reasons = []
    share, which = min((comparison.a_matched, "A"), (comparison.b_matched, "B"))
    if share < COVERED:
        reasons.append(f"only {100 * share:.0f} % of {which}'s movement was matched")
    if comparison.common < COMMON:
        common = max(0.0, comparison.common)
        reasons.append(f"only {100 * common:.0f} % of the movement is common to both")
    why = " and ".join(reasons)
    return f" {why[:1].upper()}{why[1:]}, which lowers the score from {before} to {after}."


def _signed(degrees: float) -> str:
    """Return degrees with their sign; 0.0 has none.

    >>> _signed(-0.01), _signed(2.0)
    ('0.0', '+2.0')
    """
    text = f"{degrees:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text
