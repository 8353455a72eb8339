// The curve of one angle over the last seconds.

import { fit } from "./drawing.js";

const SHOWN_S = 10;
const MIN_RANGE_DEG = 30;
const GAP_S = 0.5;

export class Curve {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
  }

  clear() {
    this.points = [];
  }

  // Takes the angle at a time of the source; null where it is not known.
  add(timeS, degrees) {
    const last = this.points.at(-1);
    if (last && timeS === last.timeS) return;
    // Going back, or far ahead, is another place.
    if (last && (timeS < last.timeS || timeS > last.timeS + SHOWN_S)) this.clear();
    if (last && timeS > last.timeS + GAP_S) this.points.push({ timeS, degrees: null });
    this.points.push({ timeS, degrees });
    while (this.points[0].timeS < timeS - SHOWN_S) this.points.shift();
  }

  draw() {
    const scale = fit(this.canvas);
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const style = getComputedStyle(this.canvas);
    context.clearRect(0, 0, width, height);
    const known = this.points.filter((point) => point.degrees !== null);
    if (!known.length) return;
    let low = Math.min(...known.map((point) => point.degrees));
    let high = Math.max(...known.map((point) => point.degrees));
    const missing = Math.max(0, MIN_RANGE_DEG - (high - low)) / 2;
    low = low >= 0 ? Math.max(0, low - missing) : low - missing;
    low = 10 * Math.floor(low / 10);
    high = 10 * Math.ceil((high + missing) / 10);
    const left = 40 * scale;
    const endS = this.points.at(-1).timeS;
    const x = (timeS) => width - ((endS - timeS) / SHOWN_S) * (width - left) - 2 * scale;
    const y = (degrees) =>
      height - 8 * scale - ((degrees - low) / (high - low)) * (height - 16 * scale);
    context.font = `${12 * scale}px system-ui, sans-serif`;
    context.fillStyle = style.getPropertyValue("--faint");
    context.strokeStyle = style.getPropertyValue("--line");
    context.lineWidth = scale;
    context.textBaseline = "middle";
    for (const degrees of [low, (low + high) / 2, high]) {
      context.fillText(`${Math.round(degrees)}°`, 0, y(degrees));
      context.beginPath();
      context.moveTo(left, y(degrees));
      context.lineTo(width, y(degrees));
      context.stroke();
    }
    context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = 2 * scale;
    context.lineJoin = "round";
    context.beginPath();
    let isDown = false;
    for (const { timeS, degrees } of this.points) {
      if (degrees !== null) context[isDown ? "lineTo" : "moveTo"](x(timeS), y(degrees));
      isDown = degrees !== null;
    }
    context.stroke();
  }
}
