// The controls of an editor of poses: they only send what somebody does; the run does the edits.

import { element, make, personName, setItems, setText, words } from "./elements.js";

const MOVE_MS = 40;
// In pixels of the page: how far from a point it is grabbed, and what is no movement yet.
const FINGER = { reach: 24, slip: 4 };
const MOUSE = { reach: 8, slip: 1 };

export class Editing {
  // send(name, ...numbers), act(action), redraw()
  constructor(drawing, { send, act, redraw }) {
    this.drawing = drawing;
    this.redraw = redraw;
    this.send = send;
    this.act = act;
    this.frame = null;
    this.isOn = false;
    this.grip = null;
    const canvas = drawing.canvas;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.cancel(event));
    // A finger on a point drags it; anywhere else on the picture it scrolls the page.
    canvas.addEventListener("touchstart", (event) => this.keepFromScrolling(event), { passive: false });
    element("point").addEventListener("change", () => {
      this.fillPlace(true);
      this.look();
      this.redraw();
    });
    element("zoom").addEventListener("change", () => {
      this.look();
      this.redraw();
    });
    element("point-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.place();
    });
  }

  introduce(data) {
    this.isOn = data.actions.includes("SAVE");
    for (const id of ["editing", "editing-section"]) element(id).hidden = !this.isOn;
    element("figures-section").hidden = this.isOn;
    if (!this.isOn) return;
    element("loop-start").textContent = "Edit from here";
    element("loop-end").textContent = "Edit to here";
    element("loop").textContent = "This frame only";
    element("follow").setAttribute("aria-label", "Choose a person");
    element("editing").before(element("follow"));
    document.querySelector("main").classList.add("is-editor");
    setItems(element("point"), data.keypoints, (name, n) =>
      make("option", words(name), { value: String(n) }),
    );
  }

  // Takes a frame before it is drawn: what is looked at stays as long as the frame and the person.
  take(frame) {
    const before = this.frame;
    this.frame = frame;
    if (!this.isOn) return;
    const id = this.chosen()?.id;
    if (!this.grip && (before?.index !== frame.index || this.lookedAt !== id)) this.look();
    this.lookedAt = id;
  }

  // Looks at the point that is chosen; where there is none, at the same place as before.
  look() {
    const { frame, point } = this;
    if (!frame) return;
    const person = this.chosen();
    if (person) this.center = person.xy.slice(2 * point, 2 * point + 2);
    const center = this.center ?? [frame.width_px / 2, frame.height_px / 2];
    this.drawing.look(frame, Number(element("zoom").value), center);
  }

  show(frame) {
    const { editing } = frame.state;
    if (!this.isOn || !editing) return;
    const chosen = this.chosen();
    setText("edit-person", chosen ? personName(chosen.id) : "nobody");
    setText("edit-frames", range(editing));
    setText("edit-count", String(editing.edits));
    setText("edit-file", `${editing.target}${editing.is_saved ? "" : " (not saved)"}`);
    enable("undo", editing.can_undo);
    enable("redo", editing.can_redo);
    enable("save", !editing.is_saved);
    for (const id of ["swap-sides", "delete", "place"]) enable(id, Boolean(chosen));
    enable("swap-ids", editing.chosen.length === 2 || frame.people.length === 2);
    this.fillPlace(false);
  }

  // The number of the point that is chosen, which is drawn larger.
  get point() {
    return this.isOn ? Number(element("point").value) : null;
  }

  chosen() {
    return this.frame?.people.find((person) => person.is_chosen) ?? null;
  }

  // Shows where the point is, unless somebody is about to type another place.
  fillPlace(isForced) {
    const person = this.chosen();
    const active = document.activeElement;
    if (!isForced && (active === element("point-x") || active === element("point-y"))) return;
    const n = Number(element("point").value);
    const at = person ? [person.xy[2 * n], person.xy[2 * n + 1]] : ["", ""];
    ["point-x", "point-y"].forEach((id, side) => {
      if (element(id).value !== String(at[side])) element(id).value = String(at[side]);
    });
  }

  place() {
    const [x, y] = ["point-x", "point-y"].map((id) => element(id).valueAsNumber);
    if (Number.isFinite(x) && Number.isFinite(y)) {
      this.send("place", Number(element("point").value), x, y);
    }
  }

  // The point that is nearest to a place of the page, and near enough: its number and its place.
  nearest(clientX, clientY, reach) {
    const { frame, drawing } = this;
    const { width } = drawing.canvas.getBoundingClientRect();
    const scale = frame.width_px / width / drawing.zoom;
    const [x, y] = drawing.pointAt(frame, clientX, clientY);
    let best = null;
    let bestPx = reach * scale;
    for (const person of frame.people) {
      person.scores.forEach((score, n) => {
        const at = [person.xy[2 * n], person.xy[2 * n + 1]];
        const awayPx = Math.hypot(at[0] - x, at[1] - y);
        if (score < frame.state.min_score || awayPx > bestPx) return;
        best = { keypoint: n, at };
        bestPx = awayPx;
      });
    }
    return best;
  }

  press(event) {
    if (!this.isOn || !this.frame || !event.isPrimary || event.button !== 0) return;
    if (!this.frame.state.is_paused) {
      this.act("PAUSE");
      return;
    }
    const { clientX, clientY, pointerId } = event;
    const place = this.drawing.pointAt(this.frame, clientX, clientY);
    const isMouse = event.pointerType === "mouse";
    const { reach, slip } = isMouse ? MOUSE : FINGER;
    const point = this.nearest(clientX, clientY, reach);
    if (!point) {
      // A person is chosen; a point that is farther away stays where it is.
      this.send("press", ...place);
      this.send("release", ...place);
      return;
    }
    // A finger hides what is below it: it takes the point along from beside it.
    const offset = isMouse ? [0, 0] : [point.at[0] - place[0], point.at[1] - place[1]];
    const from = [clientX, clientY];
    this.grip = { pointerId, offset, from, slip, hasMoved: false, timer: null, last: point.at };
    event.currentTarget.setPointerCapture(pointerId);
    this.send("press", ...point.at);
    element("point").value = String(point.keypoint);
    this.fillPlace(true);
    this.redraw();
  }

  move(event) {
    if (!this.isOn || !this.frame) return;
    const { clientX, clientY } = event;
    const { grip } = this;
    if (grip?.pointerId !== event.pointerId) {
      const isOver = event.pointerType === "mouse" && this.nearest(clientX, clientY, MOUSE.reach);
      event.currentTarget.style.cursor = isOver ? "grab" : "";
      return;
    }
    const awayPx = Math.hypot(clientX - grip.from[0], clientY - grip.from[1]);
    if (!grip.hasMoved && awayPx < grip.slip) return;
    grip.hasMoved = true;
    const place = this.drawing.pointAt(this.frame, clientX, clientY);
    grip.last = [place[0] + grip.offset[0], place[1] + grip.offset[1]];
    grip.timer ??= setTimeout(() => this.sendMove(), MOVE_MS);
  }

  sendMove() {
    if (!this.grip) return;
    this.grip.timer = null;
    this.send("drag", ...this.grip.last);
  }

  release(event) {
    const { grip } = this;
    if (grip?.pointerId !== event.pointerId) return;
    if (grip.hasMoved) {
      clearTimeout(grip.timer);
      this.sendMove();
    }
    this.grip = null;
    this.send("release", ...grip.last);
  }

  // Lets the point go back to where it was.
  cancel(event) {
    if (this.grip?.pointerId !== event.pointerId) return;
    this.letGo();
  }

  letGo() {
    if (!this.grip) return;
    clearTimeout(this.grip.timer);
    this.grip = null;
    this.act("OTHER");
  }

  keepFromScrolling(event) {
    const [touch] = event.touches;
    if (event.touches.length > 1) this.letGo();
    if (!this.isOn || !this.frame || event.touches.length > 1) return;
    if (this.nearest(touch.clientX, touch.clientY, FINGER.reach)) event.preventDefault();
  }
}

// A button that cannot be used keeps the focus, and with it the keys of the page.
function enable(id, isOn) {
  element(id).setAttribute("aria-disabled", String(!isOn));
}

function range({ first_frame: first, last_frame: last }) {
  return first === last ? `this one (${first})` : `${first} to ${last}`;
}
