"""What is made of poses: angles, repetitions, orientation, reports."""
