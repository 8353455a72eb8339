// The viewer's page: what is shown of each frame, and what its buttons and keys ask for.

import { Connection } from "./connection.js";
import { Curve } from "./curve.js";
import { Drawing } from "./drawing.js";
import { Editing } from "./editing.js";
import { element, make, personName, setItems, setText, words } from "./elements.js";
import { actionOf, isTaken, letterOf } from "./keys.js";
import { Plots } from "./plots.js";
import { TransportBar } from "./transport.js";

const SPOKEN_MS = 3000;
const SLIDER_MS = 80;
const SETTLE_MS = 500;
const HOVER_MS = 60;
const NOWHERE = [-1e6, -1e6];
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
const changedMs = new Map();

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
  const hasStopped = data.state.is_paused && !frame?.state.is_paused;
  frame = data;
  if (hasStopped) hover();
  const stage = element("picture").parentElement;
  stage.style.setProperty("--aspect", `${data.width_px} / ${data.height_px}`);
  stage.style.setProperty("--ratio", String(data.width_px / data.height_px));
  editing.take(data);
  drawing.draw(data, bitmap, { ...options, point: editing.point });
  showFigures(data, lagMs);
  showState(data.state);
  showPeople(data);
  showAngles(data);
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
  setText("inference", state.model_ms === null ? "–" : `${state.model_ms.toFixed(1)} ms`);
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
  transport.show(state.transport, introduction.actions);
  const isLooping = Boolean(state.transport?.is_looping);
  if (!editing.isOn) element("loop").setAttribute("aria-pressed", String(isLooping));
}

// Whether frames that were sent before somebody changed a control have arrived by now.
function isSettled(id) {
  return performance.now() > (changedMs.get(id) ?? -Infinity) + SETTLE_MS;
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
}

function showAngles(data) {
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

function personButton({ id }, n) {
  const button = make("button", personName(id), { type: "button" });
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
  if (action === "QUIT" && !window.confirm("Save the edits and end livepose?")) return;
  if (!connection.send(action)) return;
  if (action === "SCREENSHOT") wantedSuffixes.push(".png");
  if (action === "RECORD" && frame?.state.is_recording) wantedSuffixes.push(".mp4");
  const isAsked = wantedSuffixes.includes("-replay.mp4");
  if (action === "SAVE_CLIP" && !isAsked) wantedSuffixes.push("-replay.mp4", "-replay.jsonl");
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
const transport = new TransportBar((...command) => connection.send(...command), isSettled);
const plots = new Plots(element("plots"), (timeS) => transport.seek(timeS));
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
// Where the mouse or a finger is on the picture: while it is paused, that joint is read off.
let pointerAt = NOWHERE;
let sentAt = NOWHERE;
let hoverTimer = null;
function hover() {
  if (!frame?.state.is_paused || editing.isOn || pointerAt === sentAt) return;
  hoverTimer ??= setTimeout(() => {
    hoverTimer = null;
    sentAt = pointerAt;
    connection.send("hover", ...pointerAt);
  }, HOVER_MS);
}
element("picture").addEventListener("pointermove", ({ clientX, clientY }) => {
  if (!frame) return;
  pointerAt = drawing.pointAt(frame, clientX, clientY);
  hover();
});
element("picture").addEventListener("pointerleave", () => {
  pointerAt = NOWHERE;
  hover();
});
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

document.addEventListener("keydown", (event) => {
  if (isTaken(event)) return;
  if (event.key === "Escape") editing.letGo();
  const number = Number(event.key);
  const action = actionOf(event, editing.isOn);
  if (letterOf(event) === "f" && document.fullscreenEnabled) toggleFullScreen();
  else if (number >= 1 && number <= 9) connection.send("person", number);
  else if (action) act(action);
  else return;
  event.preventDefault();
});
