"""The parts of a figure in front view: radii along its limbs, and outlines around its joints."""

from __future__ import annotations

import numpy as np

from livepose.sources.synthetic.shading import closed_curve

DISC = np.array([(np.cos(a), np.sin(a)) for a in np.arange(0.0, 6.2, np.pi / 6)])
"""A circle of radius 1."""

# Radii along a limb from its start to its end, in body heights.
UPPER_ARM = (0.030, 0.031, 0.029, 0.026, 0.0235)
FOREARM = (0.0235, 0.0265, 0.025, 0.020, 0.0170)
SLEEVE = (0.029, 0.036, 0.0365, 0.0365)
THIGH = (0.048, 0.056, 0.056, 0.050, 0.042)
SHANK = (0.042, 0.0435, 0.041, 0.036, 0.033)
NECK = (0.034, 0.029, 0.029)
SHIN = (0.021, 0.021)
PALM = (0.0165, 0.0225, 0.0235)
FINGERS = ((-0.75, 0.074), (-0.26, 0.087), (0.25, 0.084), (0.72, 0.073))
"""How far across the palm, and the length from the wrist in body heights."""

# Outward of the line from shoulder to hip, in body heights; down it, 1 at the hip.
SHIRT_FLANK = (
    (-0.066, -0.118), (-0.044, -0.098), (-0.012, -0.072), (0.015, 0.03), (0.012, 0.25),
    (0.015, 0.45), (0.023, 0.68), (0.040, 0.88), (0.050, 0.99), (-0.020, 1.03),
)  # fmt: skip
SEAT_FLANK = ((0.020, 0.86), (0.040, 1.02), (0.028, 1.11), (-0.040, 1.15))


# fmt: off
# The head around the middle of the ears, its parts around their keypoints: x to the subject's
# left (for ears and eyes outward), y down, in body heights.
SKULL = closed_curve((
    (0.000, -0.098), (0.034, -0.089), (0.056, -0.058), (0.057, -0.020), (0.052, 0.006),
    (-0.052, 0.006), (-0.057, -0.020), (-0.057, -0.058), (-0.036, -0.090)))
FACE_OVAL = closed_curve((
    (-0.030, -0.036), (0.000, -0.047), (0.030, -0.050), (0.044, -0.026), (0.0485, -0.004),
    (0.047, 0.018), (0.040, 0.042), (0.021, 0.065), (0.000, 0.069), (-0.021, 0.065),
    (-0.040, 0.042), (-0.047, 0.018), (-0.0485, -0.004), (-0.043, -0.024)))
EAR = closed_curve((
    (0.0, -0.017), (0.008, -0.014), (0.010, -0.002), (0.005, 0.015), (-0.004, 0.018)))
NOSE_SHADE = closed_curve((
    (0.003, -0.020), (0.006, -0.004), (0.011, 0.004), (0.005, 0.009), (-0.009, 0.006)))
NOSE_LIGHT = closed_curve((
    (-0.003, -0.018), (0.001, -0.018), (0.003, -0.002), (0.000, 0.004), (-0.006, 0.002)))
MOUTH = closed_curve((
    (-0.018, 0.0205), (-0.006, 0.0225), (0.006, 0.0225), (0.018, 0.0205), (0.007, 0.0285),
    (-0.007, 0.0285)))
EYE = closed_curve((
    (-0.0115, 0.001), (-0.004, -0.0055), (0.005, -0.0055), (0.012, -0.001), (0.000, 0.005)))
LID = np.array((
    (-0.0125, 0.001), (-0.006, -0.0050), (0.000, -0.0070), (0.007, -0.0056), (0.0135, -0.001),
    (0.007, -0.0038), (0.000, -0.0050), (-0.006, -0.0032)))
BROW = closed_curve(((-0.013, -0.0145), (0.002, -0.0185), (0.017, -0.0125), (0.002, -0.0150)))
# A shoe seen from the front: x outward, y down from the ankle.
SHOE_SOLE = closed_curve((
    (-0.027, 0.026), (-0.027, 0.052), (-0.008, 0.060), (0.030, 0.060), (0.047, 0.052),
    (0.034, 0.026)))
SHOE_UPPER = closed_curve((
    (-0.020, 0.004), (-0.026, 0.030), (-0.024, 0.046), (-0.006, 0.053), (0.028, 0.053),
    (0.042, 0.045), (0.036, 0.028), (0.023, 0.004)))
# fmt: on
