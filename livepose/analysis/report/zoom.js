"use strict";
(() => {
  const LEFT = 34, RIGHT = 334, BOTTOM = 146, LEAST_S = 0.2;
  const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];
  const make = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const label = (time, isLong) => isLong
    ? `${Math.floor(time / 60)}:${String(Math.round(time % 60)).padStart(2, "0")}`
    : String(Number(time.toFixed(3)));

  function draw(svg, from, to) {
    const start = Number(svg.dataset.start), end = Number(svg.dataset.end);
    const width = RIGHT - LEFT, scale = (end - start) / (to - from);
    const xOf = (time) => LEFT + (time - from) / (to - from) * width;
    const shift = xOf(start) - LEFT * scale;
    svg.querySelector(".zoom").setAttribute("transform", `matrix(${scale} 0 0 1 ${shift} 0)`);
    for (const number of svg.querySelectorAll("[data-time]")) {
      const x = xOf(Number(number.dataset.time));
      number.setAttribute("x", x);
      number.style.visibility = x < LEFT || x > RIGHT ? "hidden" : "visible";
    }
    const step = STEPS.find((each) => (to - from) / each <= 9) || 3600;
    const times = svg.querySelector(".times");
    const color = times.firstChild ? times.firstChild.getAttribute("stroke") : "#6b747c";
    times.replaceChildren();
    for (let n = Math.ceil(from / step - 1e-9); n * step <= to + 1e-9; n += 1) {
      const x = xOf(n * step);
      times.append(make("path", {d: `M${x} ${BOTTOM}v3`, stroke: color, "stroke-width": 0.7}));
      times.append(make("text", {x, y: BOTTOM + 12, fill: color, "text-anchor": "middle"},
        label(n * step, end >= 120)));
    }
  }

  for (const plots of document.querySelectorAll(".plots")) {
    const svgs = [...plots.querySelectorAll("svg")];
    if (!svgs.length) continue;
    const start = Number(svgs[0].dataset.start), end = Number(svgs[0].dataset.end);
    let from = start, to = end;
    const show = (nextFrom, nextTo) => {
      const length = Math.min(Math.max(nextTo - nextFrom, LEAST_S), end - start);
      from = Math.min(Math.max(nextFrom, start), end - length);
      to = from + length;
      for (const svg of svgs) {
        draw(svg, from, to);
        svg.classList.toggle("zoomed", to - from < end - start - 1e-9);
      }
    };
    const zoom = (factor, at = (from + to) / 2) => show(at - (at - from) * factor,
      at + (to - at) * factor);
    const timeAt = (svg, clientX) => {
      const box = svg.getBoundingClientRect();
      const x = (clientX - box.left) / box.width * 340;
      return from + (x - LEFT) / (RIGHT - LEFT) * (to - from);
    };
    const bar = document.createElement("div");
    bar.className = "zoombar";
    for (const [text, title, action] of [
      ["+", "Zoom in", () => zoom(0.5)], ["\u2212", "Zoom out", () => zoom(2)],
      ["\u25c2", "Earlier", () => show(from - (to - from) / 2, to - (to - from) / 2)],
      ["\u25b8", "Later", () => show(from + (to - from) / 2, to + (to - from) / 2)],
      ["All", "Show all of it", () => show(start, end)],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.title = title;
      button.setAttribute("aria-label", title);
      button.addEventListener("click", action);
      bar.append(button);
    }
    plots.before(bar);
    for (const svg of svgs) {
      const held = new Map();
      svg.addEventListener("dblclick", (event) => zoom(0.5, timeAt(svg, event.clientX)));
      svg.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey) return;  // else the page is scrolled
        event.preventDefault();
        zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(svg, event.clientX));
      }, {passive: false});
      svg.addEventListener("pointerdown", (event) => {
        held.set(event.pointerId, timeAt(svg, event.clientX));
        svg.setPointerCapture(event.pointerId);
      });
      svg.addEventListener("pointermove", (event) => {
        if (!held.has(event.pointerId)) return;
        const now = timeAt(svg, event.clientX);
        if (held.size === 1) {
          const moved = held.get(event.pointerId) - now;
          show(from + moved, to + moved);
        } else if (held.size === 2) {
          const [fixed] = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
          const before = held.get(event.pointerId) - fixed, after = now - fixed;
          if (before * after > 0) zoom(before / after, fixed);
        }
        held.set(event.pointerId, timeAt(svg, event.clientX));
      });
      for (const name of ["pointerup", "pointercancel"]) {
        svg.addEventListener(name, (event) => held.delete(event.pointerId));
      }
    }
  }
})();
