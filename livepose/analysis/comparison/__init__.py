"""Two takes of a movement: aligned in time, compared angle by angle, laid over one another."""
