// The viewer's page: what is shown of each frame, and what its buttons and keys ask for.

import { Connection } from "./connection.js";
import { Curve } from "./curve.js";
import { Drawing } from "./drawing.js";
import { Editing } from "./editing.js";
import { Plots } from "./plots.js";

const SPOKEN_MS = 3000;
const SLIDER_MS = 80;
const SETTLE_MS = 500;
const HOVER_MS = 60;
const NOWHERE = [-1e6, -1e6];
const KEYS = {
  " ": "PAUSE",
  ".": "STEP",
  ",": "BACK",
  ArrowLeft: "BACK",
  ArrowRight: "FORWARD",
  PageUp: "BACK_SECOND",
  PageDown: "FORWARD_SECOND",
  Home: "TO_START",
  End: "TO_END",
  "]": "FASTER",
  "[": "SLOWER",
  a: "LOOP_START",
  b: "LOOP_END",
  l: "LOOP",
  g: "GUIDES",
  m: "MIRROR",
  "+": "RAISE_THRESHOLD",
  "=": "RAISE_THRESHOLD",
  "-": "LOWER_THRESHOLD",
  0: "EVERYBODY",
  s: "SCREENSHOT",
  r: "RECORD",
};
const WITH_SHIFT = {
  ArrowLeft: "BACK_SECOND",
  ArrowRight: "FORWARD_SECOND",
  R: "REPLAY",
  S: "SAVE_CLIP",
};
const EDITOR_KEYS = {
  x: "SWAP_SIDES",
  i: "SWAP_IDS",
  d: "DELETE",
  z: "UNDO",
  y: "REDO",
  s: "SAVE",
};
const MARKS = {
  cut: ["scene cut", "scene cuts"],
  repetition: ["repetition", "repetitions"],
  people: ["change of people", "changes of people"],
  edit: ["edit", "edits"],
};
const element = (id) => document.getElementById(id);
const drawing = new Drawing(element("picture"));
const curve = new Curve(element("curve"));
const options = { labels: false, onBlack: false };
let introduction = null;
let frame = null;
let knownFiles = null;
let wantedSuffixes = [];
let failedSaves = 0;
let drawnAtMs = [];
let spokenMs = 0;
let noticeUntilMs = 0;
let isSeeking = false;
const changedMs = new Map();

function setText(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

// Replaces the items of a list, but only if they have changed.
function setItems(list, items, make) {
  const key = JSON.stringify(items);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...items.map(make));
}

function make(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}

function clock(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.abs(seconds);
  const minutes = Math.floor(whole / 60);
  return `${sign}${minutes}:${(whole - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

function words(name) {
  const text = name.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

function introduce(data) {
  // What was chosen here stays when it connects again.
  if (!introduction) element("labels").checked = options.labels = data.has_labels;
  const angle = element("angle").value;
  introduction = data;
  drawing.skeleton = data;
  document.title = `${data.source} – livepose`;
  setText("source", data.source);
  setText("model", data.model);
  for (const control of document.querySelectorAll("[data-action], [data-for]")) {
    control.hidden = !data.actions.includes(control.dataset.action ?? control.dataset.for);
  }
  editing.introduce(data);
  setText("to-end", data.actions.includes("REPLAY") ? "Live" : "End");
  element("speed").replaceChildren(
    ...data.speeds.map((speed) => make("option", `${speed} ×`, { value: String(speed) })),
  );
  element("angles-section").hidden = !data.angles.length;
  element("angle").replaceChildren(
    ...data.angles.map((name, n) => make("option", words(name), { value: String(n) })),
  );
  if (Number(angle) < data.angles.length) element("angle").value = angle || "0";
  element("angle-table").replaceChildren(
    ...data.angles.map((name) => {
      const row = document.createElement("tr");
      row.append(make("td", words(name)), make("td", "–"));
      return row;
    }),
  );
}

function showFrame(data, bitmap, lagMs) {
  frame = data;
  const stage = element("picture").parentElement;
  stage.style.setProperty("--aspect", `${data.width_px} / ${data.height_px}`);
  stage.style.setProperty("--ratio", String(data.width_px / data.height_px));
  editing.take(data);
  drawing.draw(data, bitmap, { ...options, point: editing.point });
  showFigures(data, lagMs);
  showState(data.state);
  showPeople(data);
  showFiles(data.state);
  editing.show(data);
}

function redraw() {
  if (frame) drawing.draw(frame, null, { ...options, point: editing.point });
}

function showFigures(data, lagMs) {
  const { state } = data;
  const nowMs = performance.now();
  drawnAtMs = [...drawnAtMs.filter((atMs) => atMs > nowMs - 2000), nowMs];
  const seconds = (nowMs - drawnAtMs[0]) / 1000;
  const rate = seconds > 0.2 ? (drawnAtMs.length - 1) / seconds : 0;
  const isBehind = rate < 0.8 * state.fps && seconds > 1 && !state.is_paused;
  const ofPage = isBehind ? ` (${rate.toFixed(0)} here)` : "";
  setText("fps", state.is_paused ? "–" : `${state.fps.toFixed(1)}${ofPage}`);
  setText("lag", state.is_paused || state.transport ? "–" : `${lagMs} ms`);
  setText("dropped", String(state.dropped));
  setText("inference", `${state.model_ms.toFixed(1)} ms`);
  setText("people", String(data.people.length));
  setItems(element("counts"), state.counts, (text) => make("li", text));
  const [head, ...rows] = data.counter?.table ?? [];
  element("repetitions").hidden = !head;
  if (!head) return;
  setItems(element("repetitions").tHead, [head], (cells) => tableRow(cells, "th"));
  setItems(element("repetitions").tBodies[0], rows, (cells) => tableRow(cells, "td"));
}

function tableRow(cells, name) {
  const row = document.createElement("tr");
  row.append(...cells.map((text) => make(name, text, name === "th" ? { scope: "col" } : {})));
  return row;
}

function showState(state) {
  setText("pause", state.is_paused ? "Play" : "Pause");
  element("step").disabled = !state.is_paused;
  element("record").setAttribute("aria-pressed", String(state.is_recording));
  setText("record", state.is_recording ? "Stop recording" : "Record");
  if (isSettled("mirror")) element("mirror").checked = state.mirror;
  if (isSettled("boxes")) element("boxes").checked = state.boxes;
  if (isSettled("threshold")) element("threshold").value = String(state.min_score);
  setText("guides-value", { none: "none", plumb: "plumb lines", grid: "grid" }[state.guides]);
  setText("threshold-value", state.min_score.toFixed(2));
  const badges = state.silent_s === null ? state.badges : ["NO SIGNAL", ...state.badges];
  setItems(element("badges"), badges, (text) =>
    make("li", text, { className: /REC|SIGNAL|LOST/.test(text) ? "alarm" : "" }),
  );
  element("countdown").hidden = state.countdown === null;
  if (state.countdown !== null) setText("countdown", String(state.countdown));
  if (state.notice) {
    setText("notice", state.notice);
    noticeUntilMs = performance.now() + 1000 * state.notice_s;
  } else if (performance.now() > noticeUntilMs) {
    setText("notice", "");
  }
  showTransport(state.transport);
}

// Goes to a time of the clip, where it can be sought.
function seek(timeS) {
  const transport = frame?.state.transport;
  if (!transport) return;
  const length = Math.max(transport.end_s - transport.start_s, 1e-6);
  const share = (timeS - transport.start_s) / length;
  connection.send("position", Math.min(Math.max(share, 0), 1));
}

// Whether frames that were sent before somebody changed a control have arrived by now.
function isSettled(id) {
  return performance.now() > (changedMs.get(id) ?? -Infinity) + SETTLE_MS;
}

function showTransport(transport) {
  element("transport").hidden = !transport;
  for (const control of document.querySelectorAll(".in-clip")) {
    control.hidden = !transport || !introduction.actions.includes(control.dataset.action);
  }
  if (!transport) return;
  const length = Math.max(transport.end_s - transport.start_s, 1e-6);
  const share = (transport.time_s - transport.start_s) / length;
  if (!isSeeking) element("position").value = String(Math.round(1000 * share));
  const text = clock(transport.time_s - transport.origin_s);
  element("position").setAttribute("aria-valuetext", text);
  setText("clock", text);
  if (isSettled("speed")) element("speed").value = String(transport.speed);
  if (!editing.isOn) element("loop").setAttribute("aria-pressed", String(transport.is_looping));
  showMarks(transport, length);
}

function showMarks({ marks, loop_s: loop, start_s: startS }, length) {
  const percent = (seconds) => `${Number(((100 * seconds) / length).toFixed(2))}%`;
  const items = marks.map(([timeS, kind]) => ({ kind, left: percent(timeS - startS), width: "" }));
  if (loop) {
    const [fromS, toS] = loop;
    items.unshift({ kind: "loop", left: percent(fromS - startS), width: percent(toS - fromS) });
  }
  setItems(element("marks"), items, ({ kind, left, width }) => {
    const mark = make("i", "", { className: kind });
    Object.assign(mark.style, { left, width });
    return mark;
  });
  const counts = Object.entries(MARKS).flatMap(([kind, [one, many]]) => {
    const count = marks.filter((mark) => mark[1] === kind).length;
    return count ? [`${count} ${count === 1 ? one : many}`] : [];
  });
  element("marks").setAttribute("aria-label", `Marks: ${counts.join(", ") || "none"}`);
}

function showPeople(data) {
  const people = [...data.people].sort((one, other) => one.id - other.id);
  const ids = people.map((person) => person.id);
  const follow = element("follow");
  if (ids.length > 1 || editing.isOn || !follow.hidden) {
    follow.hidden = false;
    const key = JSON.stringify(ids);
    if (follow.dataset.key !== key) {
      follow.dataset.key = key;
      const [everybody] = follow.children;
      follow.replaceChildren(everybody, ...people.map(personButton));
    }
    if (editing.isOn) {
      [...follow.children].slice(1).forEach((button, n) => {
        button.setAttribute("aria-pressed", String(people[n].is_chosen));
      });
    }
  }
  element("plots").hidden = !data.curves;
  plots.show(data.curves, data.time_s);
  for (const id of ["curve-row", "curve"]) element(id).hidden = Boolean(data.curves);
  const person = data.people.find((each) => each.is_chosen) ?? data.people[0];
  const angles = person?.angles ?? [];
  const number = Number(element("angle").value);
  const degrees = angles[number] ?? null;
  curve.add(data.time_s, degrees);
  curve.draw();
  const shown = (value) => (value === null || value === undefined ? "–" : `${Math.round(value)}°`);
  setText("angle-value", shown(degrees));
  [...element("angle-table").rows].forEach((row, n) => {
    if (row.cells[1].textContent !== shown(angles[n])) row.cells[1].textContent = shown(angles[n]);
  });
  speak(data, degrees);
}

// People have ids, but for the only one that some models find.
function personButton({ id }, n) {
  const button = make("button", `Person ${id || n + 1}`, { type: "button" });
  button.onclick = () => (id ? connection.send("person_id", id) : connection.send("person", n + 1));
  return button;
}

// Describes the picture for a screen reader, now and then.
function speak(data, degrees) {
  const nowMs = performance.now();
  if (nowMs < spokenMs + SPOKEN_MS) return;
  spokenMs = nowMs;
  const people = data.people.length === 1 ? "1 person" : `${data.people.length} people`;
  const angle = introduction?.angles[Number(element("angle").value)];
  const measured = degrees === null || !angle ? "" : `, ${words(angle)} ${Math.round(degrees)}°`;
  const picture = introduction?.is_live === false ? "The picture" : "The live picture";
  element("picture").setAttribute("aria-label", `${picture}: ${people}${measured}`);
}

// Lists what was saved, and downloads what this page has asked for.
function showFiles({ saved: names, failed_saves: failed }) {
  element("files-section").hidden = !names.length;
  if (failed > failedSaves) wantedSuffixes = [];
  failedSaves = failed;
  const link = (name) =>
    make("a", name, { href: `/files/${encodeURIComponent(name)}`, download: name });
  setItems(element("files"), names, (name) => {
    const item = document.createElement("li");
    item.append(link(name));
    return item;
  });
  const fresh = names.filter((name) => knownFiles && !knownFiles.has(name));
  knownFiles = new Set(names);
  for (const name of fresh) {
    const place = wantedSuffixes.findIndex((suffix) => name.endsWith(suffix));
    if (place < 0) continue;
    wantedSuffixes.splice(place, 1);
    link(name).click();
  }
}

function act(action) {
  if (introduction && !introduction.actions.includes(action)) return;
  if (action === "SCREENSHOT") wantedSuffixes.push(".png");
  if (action === "RECORD" && frame?.state.is_recording) wantedSuffixes.push(".mp4");
  const isAsked = wantedSuffixes.includes("-replay.mp4");
  if (action === "SAVE_CLIP" && !isAsked) wantedSuffixes.push("-replay.mp4", "-replay.jsonl");
  if (action === "QUIT" && !window.confirm("Save the edits and end livepose?")) return;
  connection.send(action);
}

// Sends where a slider stands, the last value for certain, but not every value on the way.
function slider(input, name, value) {
  let timer = null;
  const send = () => {
    timer = null;
    connection.send(name, value(input));
  };
  input.addEventListener("input", () => {
    timer ??= setTimeout(send, SLIDER_MS);
  });
}

const editing = new Editing(drawing, {
  send: (...command) => connection.send(...command),
  act,
  redraw,
});
const plots = new Plots(element("plots"), seek);
const connection = new Connection({
  onIntroduction: introduce,
  onFrame: showFrame,
  onState: (text) => setText("connection", text),
});

for (const control of document.querySelectorAll("button[data-action]")) {
  control.addEventListener("click", () => act(control.dataset.action));
}
for (const label of document.querySelectorAll("aside label[data-action]")) {
  label.firstElementChild.addEventListener("change", () => act(label.dataset.action));
}
for (const id of ["mirror", "boxes", "threshold", "speed"]) {
  element(id).addEventListener("input", () => changedMs.set(id, performance.now()));
}
slider(element("threshold"), "threshold", (input) => Number(input.value));
slider(element("position"), "position", (input) => Number(input.value) / 1000);
element("position").addEventListener("pointerdown", () => (isSeeking = true));
element("position").addEventListener("pointerup", () => (isSeeking = false));
element("position").addEventListener("pointercancel", () => (isSeeking = false));
element("speed").addEventListener("change", (event) =>
  connection.send("speed", Number(event.target.value)),
);
element("angle").addEventListener("change", () => curve.clear());
for (const [id, name] of [["labels", "labels"], ["black", "onBlack"]]) {
  element(id).addEventListener("change", (event) => {
    options[name] = event.target.checked;
    redraw();
  });
}
element("picture").addEventListener("click", (event) => {
  if (!frame || editing.isOn) return;
  connection.send("press", ...drawing.pointAt(frame, event.clientX, event.clientY));
});
// With the picture paused, what the joint says that the mouse or a finger is on.
let hoverTimer = null;
let hoverPlace = null;
function hover(place) {
  if (!frame?.state.is_paused || editing.isOn) return;
  hoverPlace = place;
  hoverTimer ??= setTimeout(() => {
    hoverTimer = null;
    connection.send("hover", ...hoverPlace);
  }, HOVER_MS);
}
element("picture").addEventListener("pointermove", ({ clientX, clientY }) => {
  if (frame) hover(drawing.pointAt(frame, clientX, clientY));
});
element("picture").addEventListener("pointerleave", () => hover(NOWHERE));
window.addEventListener("resize", () => {
  redraw();
  curve.draw();
  plots.draw();
});
async function toggleFullScreen() {
  const view = document.querySelector(".view");
  await (document.fullscreenElement ? document.exitFullscreen() : view.requestFullscreen());
}
element("full-screen").hidden = !document.fullscreenEnabled; // phones from Apple have none
element("full-screen").addEventListener("click", toggleFullScreen);
document.addEventListener("fullscreenchange", redraw);

// Whether a key means something to the control that has the focus.
function isForControl({ target, key }) {
  if (target.matches("select, input[type=number]")) return true;
  if (target.matches("input[type=range]")) return /^(Arrow|Page|Home|End)/.test(key);
  return key === " " && target.matches("button, input, summary");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (isForControl(event)) return;
  const number = Number(event.key);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const withShift = editing.isOn && event.key === "D" ? "DELETE_ALL" : WITH_SHIFT[event.key];
  const action = (event.shiftKey && withShift) || (editing.isOn && EDITOR_KEYS[key]) || KEYS[key];
  if (event.key === "Escape") editing.letGo();
  if (key === "f" && document.fullscreenEnabled) toggleFullScreen();
  else if (number >= 1 && number <= 9) connection.send("person", number);
  else if (action) act(action);
  else return;
  event.preventDefault();
});
