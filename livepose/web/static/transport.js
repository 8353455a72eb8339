// Where a clip is: the slider with its marks, the time, the speed.

import { element, make, setItems, setText } from "./elements.js";

const MARKS = {
  cut: ["scene cut", "scene cuts"],
  repetition: ["repetition", "repetitions"],
  people: ["change of people", "changes of people"],
  edit: ["edit", "edits"],
};

function clock(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.abs(seconds);
  const minutes = Math.floor(whole / 60);
  return `${sign}${minutes}:${(whole - 60 * minutes).toFixed(3).padStart(6, "0")}`;
}

function share(transport, timeS) {
  const length = Math.max(transport.end_s - transport.start_s, 1e-6);
  return Math.min(Math.max((timeS - transport.start_s) / length, 0), 1);
}

export class TransportBar {
  // isSettled(id): whether what a frame says of a control is newer than its last change here.
  constructor(send, isSettled) {
    this.send = send;
    this.isSettled = isSettled;
    this.transport = null;
    this.isDragged = false;
    const position = element("position");
    position.addEventListener("pointerdown", () => (this.isDragged = true));
    position.addEventListener("pointerup", () => (this.isDragged = false));
    position.addEventListener("pointercancel", () => (this.isDragged = false));
    element("speed").addEventListener("change", ({ target }) => send("speed", Number(target.value)));
  }

  // Goes to a time of the clip, where it can be sought.
  seek(timeS) {
    if (this.transport) this.send("position", share(this.transport, timeS));
  }

  // Shows where the clip is; null where there is none.
  show(transport, actions) {
    this.transport = transport;
    element("transport").hidden = !transport;
    for (const control of document.querySelectorAll(".in-clip")) {
      control.hidden = !transport || !actions.includes(control.dataset.action);
    }
    if (!transport) return;
    const place = share(transport, transport.time_s);
    if (!this.isDragged) element("position").value = String(Math.round(1000 * place));
    const time = clock(transport.time_s - transport.origin_s);
    setText("clock", time);
    setText("frame-number", `frame ${transport.frame}`);
    element("position").setAttribute("aria-valuetext", `${time}, frame ${transport.frame}`);
    if (this.isSettled("speed")) element("speed").value = String(transport.speed);
    this.showMarks(transport);
  }

  showMarks(transport) {
    const percent = (timeS) => Number((100 * share(transport, timeS)).toFixed(2));
    const marks = transport.marks.map(([timeS, kind]) => [kind, percent(timeS), 0]);
    if (transport.loop_s) {
      const [from, to] = transport.loop_s.map(percent);
      marks.unshift(["loop", from, to - from]);
    }
    setItems(element("marks"), marks, ([kind, left, width]) => {
      const mark = make("i", "", { className: kind });
      mark.style.left = `${left}%`;
      if (width) mark.style.width = `${width}%`;
      return mark;
    });
    const counts = Object.entries(MARKS).flatMap(([kind, [one, many]]) => {
      const count = transport.marks.filter((mark) => mark[1] === kind).length;
      return count ? [`${count} ${count === 1 ? one : many}`] : [];
    });
    element("marks").setAttribute("aria-label", `Marks: ${counts.join(", ") || "none"}`);
  }
}
