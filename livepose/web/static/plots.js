// The curves of --plot: the last ten seconds of each angle, and the whole clip in small.

import { fit } from "./drawing.js";

const SHOWN_S = 10;
const MIN_SPAN_DEG = 20;
const SIDES = ["left", "right"];

function sideOf(name) {
  const side = name.split("_")[0];
  return SIDES.includes(side) ? side : "";
}

export class Plots {
  // onSeek(timeS) is called with the place in the overview that was clicked.
  constructor(container, onSeek) {
    this.container = container;
    this.names = "";
    this.curves = null;
    this.onSeek = onSeek;
  }

  show(curves, timeS) {
    this.container.hidden = !curves;
    this.curves = curves;
    this.timeS = timeS;
    if (!curves) return;
    if (this.names !== curves.names.join()) this.build(curves);
    this.draw();
  }

  build(curves) {
    this.names = curves.names.join();
    this.plots = curves.plots.map(({ title, columns }) => {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      const heading = document.createElement("strong");
      heading.textContent = title[0].toUpperCase() + title.slice(1);
      caption.append(heading);
      const values = columns.map((column) => {
        const value = document.createElement("span");
        value.className = sideOf(curves.names[column]);
        caption.append(value);
        return { column, value };
      });
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${title} over the last ten seconds`);
      figure.append(caption, canvas);
      return { figure, canvas, columns, values };
    });
    this.overview = document.createElement("canvas");
    this.overview.className = "overview";
    this.overview.setAttribute("role", "img");
    this.overview.setAttribute("aria-label", "The whole clip in small");
    this.overview.addEventListener("click", (event) => {
      const { left, width } = this.overview.getBoundingClientRect();
      const [startS, lengthS] = this.span();
      this.onSeek(startS + ((event.clientX - left) / width) * lengthS);
    });
    this.container.replaceChildren(...this.plots.map(({ figure }) => figure), this.overview);
  }

  span() {
    const startS = this.curves.overview_s[0] ?? 0;
    return [startS, Math.max(this.curves.end_s - startS, 1e-3)];
  }

  draw() {
    if (!this.curves) return;
    const { curves } = this;
    const limits = this.plots.map(({ columns }) => this.limits(columns));
    this.plots.forEach(({ canvas, columns, values }, n) => {
      for (const { column, value } of values) {
        const degrees = curves.now[column] ?? null;
        const side = sideOf(curves.names[column]);
        const text = degrees === null ? "–" : `${Math.round(degrees)}°`;
        const spoken = side ? `${side === "left" ? "L" : "R"} ${text}` : text;
        if (value.textContent !== spoken) value.textContent = spoken;
      }
      this.drawPlot(canvas, columns, limits[n]);
    });
    this.drawOverview(limits);
  }

  // The least and the greatest value so far, and some room.
  limits(columns) {
    const known = columns
      .flatMap((column) => [...this.curves.overview[column].flat(), ...this.curves.degrees[column]])
      .filter((value) => value !== null);
    if (!known.length) return [0, MIN_SPAN_DEG];
    const low = known.reduce((a, b) => Math.min(a, b));
    const high = known.reduce((a, b) => Math.max(a, b));
    const more = Math.max(MIN_SPAN_DEG - (high - low), 0.1 * (high - low)) / 2;
    return [low - more, high + more];
  }

  drawPlot(canvas, columns, [low, high]) {
    const ratio = fit(canvas);
    const context = canvas.getContext("2d");
    const { width, height } = canvas;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, width, height);
    const left = 36 * ratio;
    const y = (degrees) => height - ((degrees - low) / (high - low)) * height;
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.lineWidth = ratio;
    context.fillStyle = style.getPropertyValue("--faint");
    context.strokeStyle = style.getPropertyValue("--line");
    context.textBaseline = "middle";
    for (const degrees of ticks(low, high)) {
      const level = y(degrees);
      if (level > 6 * ratio && level < height - 6 * ratio) {
        context.fillText(`${degrees}°`, 0, level);
      }
      context.beginPath();
      context.moveTo(left, level);
      context.lineTo(width, level);
      context.stroke();
    }
    const nowS = this.curves.time_s.at(-1) ?? 0;
    const x = (timeS) => width - ((nowS - timeS) / SHOWN_S) * (width - left) - 2 * ratio;
    for (const column of columns) {
      const name = this.curves.names[column];
      const points = this.curves.time_s.map((timeS, n) => [timeS, this.curves.degrees[column][n]]);
      line(context, style, name, points, x, y, 2 * ratio);
    }
  }

  drawOverview(limits) {
    const ratio = fit(this.overview);
    const context = this.overview.getContext("2d");
    const { width, height } = this.overview;
    const style = getComputedStyle(this.overview);
    context.clearRect(0, 0, width, height);
    const [startS, lengthS] = this.span();
    const x = (timeS) => ((timeS - startS) / lengthS) * (width - 4 * ratio) + 2 * ratio;
    const nowS = this.timeS;
    context.fillStyle = style.getPropertyValue("--line");
    const from = Math.max(0, x(nowS - SHOWN_S));
    context.fillRect(from, 0, Math.min(width, x(nowS)) - from, height);
    this.plots.forEach(({ columns }, n) => {
      const [low, high] = limits[n];
      const y = (degrees) => height - ((degrees - low) / (high - low)) * height;
      for (const column of columns) {
        const [least, greatest] = this.curves.overview[column];
        const points = this.curves.overview_s.flatMap((timeS, at) => [
          [timeS, least[at]],
          [timeS, greatest[at]],
        ]);
        line(context, style, this.curves.names[column], points, x, y, ratio);
      }
    });
    context.fillStyle = style.getPropertyValue("--text");
    context.fillRect(x(nowS) - ratio, 0, 2 * ratio, height);
  }
}

// Round values across the range: three or four of them.
function ticks(low, high) {
  const step = [5, 10, 15, 30, 45, 60, 90, 180].find((each) => (high - low) / each <= 4) ?? 360;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, n) => (first + n) * step);
}

// Draws a curve with gaps where it is not known; the right side is dashed, as in the window.
function line(context, style, name, points, x, y, lineWidth) {
  const side = sideOf(name);
  context.strokeStyle = style.getPropertyValue(side ? `--${side}` : "--text");
  context.lineWidth = lineWidth;
  context.lineJoin = "round";
  context.setLineDash(side === "right" ? [5 * lineWidth, 2 * lineWidth] : []);
  context.beginPath();
  let isDown = false;
  for (const [timeS, degrees] of points) {
    if (degrees !== null) context[isDown ? "lineTo" : "moveTo"](x(timeS), y(degrees));
    isDown = degrees !== null;
  }
  context.stroke();
  context.setLineDash([]);
}
