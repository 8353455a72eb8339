// Draws a frame: its picture, and the skeletons over it, as sharp as the screen is.

import { drawCounter, layoutOf } from "./counter.js";

const OUTLINE = "rgb(25, 25, 25)";
const MARK = "#ffe65a";
const GRID_PARTS = 12;
const LABEL_SHARE = 0.028;

// Makes a canvas as large as it is shown, in the pixels of the screen.
export function fit(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = Math.max(1, Math.round(canvas.clientHeight * scale));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return scale;
}

export class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.bitmap = null;
    this.skeleton = { bones: [] };
    this.zoom = 1;
    this.origin = [0, 0];
  }

  // Shows a part of the frame, with a place in its middle as far as the frame reaches.
  look(frame, zoom, [x, y]) {
    this.zoom = zoom;
    const start = (at, length) => Math.min(Math.max(at - length / zoom / 2, 0), length - length / zoom);
    this.origin = [start(x, frame.width_px), start(y, frame.height_px)];
  }

  // Where a point of the frame is on the canvas; left and right change sides in the mirror.
  place(frame, x, y) {
    const shown = frame.state.mirror ? frame.width_px - x : x;
    return [(shown - this.origin[0]) * this.scale, (y - this.origin[1]) * this.scale];
  }

  // The point of the frame at a place of the page.
  pointAt(frame, clientX, clientY) {
    const area = this.canvas.getBoundingClientRect();
    const perPixel = frame.width_px / area.width / this.zoom;
    const x = (clientX - area.left) * perPixel + this.origin[0];
    const y = (clientY - area.top) * perPixel + this.origin[1];
    return [frame.state.mirror ? frame.width_px - x : x, y];
  }

  draw(frame, bitmap, options) {
    if (bitmap) {
      this.bitmap?.close();
      this.bitmap = bitmap;
    }
    fit(this.canvas);
    const { context, canvas } = this;
    this.unit = canvas.width / frame.width_px;
    this.scale = this.unit * this.zoom;
    this.drawPicture(frame, options.onBlack && !frame.state.is_painted);
    if (!frame.state.is_painted) this.drawPeople(frame, options);
    if (frame.state.guides !== "none") this.drawGuides(frame);
    if (frame.state.reading) this.drawReading(frame, frame.state.reading);
    if (frame.counter && !frame.state.is_painted) {
      drawCounter(context, frame.counter, this.unit, window.devicePixelRatio || 1);
    }
  }

  drawPeople(frame, options) {
    for (const [color, points] of frame.trails) this.drawTrail(frame, color, points);
    for (const person of frame.people) this.drawPerson(frame, person);
    if (options.point !== null) this.drawHandles(frame, options.point);
    for (const bones of frame.ghosts) this.drawGhost(frame, bones);
    if (options.labels) this.drawLabels(frame);
  }

  drawPicture(frame, isBlack) {
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (isBlack || !this.bitmap) return;
    if (frame.state.mirror && !frame.state.is_painted) {
      context.setTransform(-1, 0, 0, 1, canvas.width, 0);
    }
    // A picture may be sent smaller than its frame.
    const [left, top] = this.origin.map((at) => (at * this.bitmap.width) / frame.width_px);
    const { width, height } = this.bitmap;
    const part = [left, top, width / this.zoom, height / this.zoom];
    context.drawImage(this.bitmap, ...part, 0, 0, canvas.width, canvas.height);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  drawPerson(frame, person) {
    const { context, skeleton } = this;
    const isSeen = person.scores.map((score) => score >= frame.state.min_score && score > 0);
    if (!isSeen.some(Boolean)) return;
    const at = (n) => this.place(frame, person.xy[2 * n], person.xy[2 * n + 1]);
    const width = Math.max(1.5, frame.line_px * this.unit);
    const [boneColors, pointColors] = person.colors;
    if (frame.state.boxes) this.drawBox(frame, person, width);
    context.lineCap = "round";
    for (const isOutline of [true, false]) {
      context.lineWidth = isOutline ? width * 1.6 : width;
      skeleton.bones.forEach(([from, to], n) => {
        if (!isSeen[from] || !isSeen[to]) return;
        context.strokeStyle = isOutline ? OUTLINE : boneColors[n];
        context.beginPath();
        context.moveTo(...at(from));
        context.lineTo(...at(to));
        context.stroke();
      });
      isSeen.forEach((seen, n) => {
        if (!seen) return;
        context.fillStyle = isOutline ? OUTLINE : pointColors[n];
        context.beginPath();
        context.arc(...at(n), (isOutline ? 1.25 : 0.95) * width, 0, 2 * Math.PI);
        context.fill();
      });
    }
  }

  // Rings around the points of the person who is chosen, which can be dragged.
  drawHandles(frame, chosenPoint) {
    const { context } = this;
    const person = frame.people.find((each) => each.is_chosen);
    if (!person) return;
    const ratio = window.devicePixelRatio || 1;
    // Where the picture is small, larger ones would hide the body.
    const radius = Math.min(Math.max(0.011 * this.canvas.height, 1.75 * ratio), 5 * ratio);
    const thin = Math.min(1, radius / (3.5 * ratio));
    person.scores.forEach((score, n) => {
      const isSeen = score >= frame.state.min_score;
      if (!isSeen && n !== chosenPoint) return;
      context.setLineDash(isSeen ? [] : [4 * ratio, 4 * ratio]); // it can be placed, not dragged
      const [x, y] = this.place(frame, person.xy[2 * n], person.xy[2 * n + 1]);
      for (const [color, width] of [[OUTLINE, 3.5], ["#fff", 1.75]]) {
        context.strokeStyle = color;
        context.lineWidth = width * ratio * thin;
        context.beginPath();
        context.arc(x, y, n === chosenPoint ? 1.7 * radius : radius, 0, 2 * Math.PI);
        context.stroke();
      }
    });
    context.setLineDash([]);
  }

  drawBox(frame, person, width) {
    const { context } = this;
    const [left, top, right, bottom] = person.box;
    const [x1, y1] = this.place(frame, left, top);
    const [x2, y2] = this.place(frame, right, bottom);
    context.strokeStyle = person.color;
    context.lineWidth = person.is_chosen ? 1.5 * width : Math.max(1, width / 2);
    context.strokeRect(Math.min(x1, x2), y1, Math.abs(x2 - x1), y2 - y1);
    if (person.id) this.write(String(person.id), Math.min(x1, x2), y1 - width, person.color);
  }

  drawTrail(frame, color, points) {
    const { context } = this;
    context.strokeStyle = color;
    context.lineWidth = Math.max(1, 0.7 * frame.line_px * this.unit);
    context.beginPath();
    let isDown = false;
    for (const point of points) {
      if (point) context[isDown ? "lineTo" : "moveTo"](...this.place(frame, ...point));
      isDown = Boolean(point);
    }
    context.stroke();
  }

  // Each bone has the colour of the difference at the joint that moves it.
  drawGhost(frame, bones) {
    const { context } = this;
    const width = Math.max(1.5, frame.line_px * this.unit);
    context.lineCap = "round";
    for (const isOutline of [true, false]) {
      context.globalAlpha = isOutline ? 0.35 : 0.67;
      context.lineWidth = isOutline ? width * 1.6 : width;
      for (const [[x1, y1, x2, y2], color] of bones) {
        context.strokeStyle = isOutline ? OUTLINE : color;
        context.beginPath();
        context.moveTo(...this.place(frame, x1, y1));
        context.lineTo(...this.place(frame, x2, y2));
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  // Plumb lines where people stand, and a grid from the middle of the frame.
  drawGuides(frame) {
    const { context, canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const line = (x, y, color, width) => {
      context.strokeStyle = color;
      context.lineWidth = width * ratio;
      context.beginPath();
      context.moveTo(x ?? 0, y ?? 0);
      context.lineTo(x ?? canvas.width, y ?? canvas.height);
      context.stroke();
    };
    if (frame.state.guides === "grid") {
      const side = Math.max(canvas.width, canvas.height) / GRID_PARTS;
      for (let n = -GRID_PARTS; n <= GRID_PARTS; n += 1) {
        const color = n ? "rgba(245, 245, 245, 0.3)" : "rgba(245, 245, 245, 0.6)";
        line(canvas.width / 2 + n * side, null, color, 1);
        line(null, canvas.height / 2 + n * side, color, 1);
      }
    }
    for (const x of frame.plumb_px) line(this.place(frame, x, 0)[0], null, MARK, 2);
  }

  // What the joint says that somebody points at.
  drawReading(frame, { lines, x_px: x, y_px: y }) {
    const { context, canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const size = Math.max(13 * ratio, 0.024 * canvas.height);
    const [atX, atY] = this.place(frame, x, y);
    context.strokeStyle = MARK;
    context.lineWidth = 2 * ratio;
    context.beginPath();
    context.arc(atX, atY, size, 0, 2 * Math.PI);
    context.stroke();
    context.font = `500 ${size}px system-ui, sans-serif`;
    const width = Math.max(...lines.map((each) => context.measureText(each).width)) + size;
    const height = (1.35 * lines.length + 0.5) * size;
    const right = atX + 1.6 * size;
    let left = right + width > canvas.width ? atX - 1.6 * size - width : right;
    left = Math.min(Math.max(left, 0), Math.max(canvas.width - width, 0));
    const top = Math.min(Math.max(atY - height / 2, 0), Math.max(canvas.height - height, 0));
    context.fillStyle = "rgba(0, 0, 0, 0.75)";
    context.fillRect(left, top, width, height);
    context.fillStyle = "#fff";
    lines.forEach((each, n) => context.fillText(each, left + size / 2, top + 1.35 * (n + 0.9) * size));
  }

  drawLabels(frame) {
    const { context, canvas } = this;
    const height = this.fontSize();
    context.font = this.font();
    const taken = [];
    const ratio = window.devicePixelRatio || 1;
    const counter = frame.counter && layoutOf(frame.counter, this.unit, ratio);
    for (const [text, x, y] of frame.labels.length ? frame.labels : this.angleLabels(frame)) {
      const [at, base] = this.place(frame, x, y);
      const left = at + 2 * frame.line_px * this.unit;
      const right = left + context.measureText(text).width;
      // What lay under the counter would shine through it.
      const isSeen = (line) =>
        !counter ||
        right < counter.left ||
        left > counter.right ||
        line < counter.top ||
        line - height > counter.bottom;
      // Of two that would lie on one another, the second one moves down, or up.
      const isFree = (line) =>
        isSeen(line) &&
        line < canvas.height &&
        line > height &&
        taken.every(
          (other) =>
            Math.abs(other.line - line) >= height || other.right < left || other.left > right,
        );
      const line = [0, 1, -1, 2, -2].map((n) => base + n * height).find(isFree) ?? base;
      if (!isSeen(line)) continue;
      taken.push({ left, right, line });
      this.write(text, left, line, "#fff");
    }
  }

  fontSize() {
    return Math.max(12, LABEL_SHARE * this.canvas.height);
  }

  font() {
    return `600 ${this.fontSize()}px system-ui, sans-serif`;
  }

  // The angles of joints that have the same name, where the run itself writes none.
  angleLabels(frame) {
    const { keypoints, angles } = this.skeleton;
    return frame.people.flatMap((person) =>
      angles.flatMap((name, n) => {
        const joint = keypoints.indexOf(name);
        const degrees = person.angles[n] ?? null;
        if (joint < 0 || degrees === null) return [];
        return [[`${Math.round(degrees)}°`, person.xy[2 * joint], person.xy[2 * joint + 1]]];
      }),
    );
  }

  write(text, x, y, color) {
    const { context } = this;
    context.font = this.font();
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = OUTLINE;
    context.strokeText(text, x, y);
    context.fillStyle = color;
    context.fillText(text, x, y);
  }
}
