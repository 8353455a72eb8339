// The page that makes a phone the camera: pictures to the computer, skeletons back.

import { Camera } from "./phone_camera.js";
import { Link } from "./phone_link.js";
import { Pace } from "./phone_pace.js";
import { PictureView } from "./phone_picture.js";

const MAX_WAITING = 8; // Pictures that wait for their poses.
const STALE_MS = 800; // After so long without poses the picture is shown without any.
const FIGURES_MS = 500; // How often the figures change,
const WINDOW_MS = 2000; // and of how long they are.
const LOST_CAMERA_MS = 2500;
const LOST_PICTURE_MS = 8000; // A picture that has not arrived by then never will.
const MAX_SIDE = 4096; // The computer takes no larger picture.
const REASONS = {
  busy: "Another device is the camera already.",
  replaced: "Another device has become the camera.",
  ended: "livepose has ended on the computer. Start it again, and scan its new code.",
  faulty: "The computer does not understand this page. Load it again.",
};

const element = (id) => document.getElementById(id);
const video = element("camera");
const canvas = element("picture");
const view = new PictureView(canvas);
const encoder = new Worker("/static/phone_encoder.js");
const link = new Link();
const pace = new Pace();
const camera = new Camera(video, onPicture);

let number = 0;
let isBusy = false; // A picture is being encoded, or is on its way.
let sentAt = 0;
let lastBytes = 0;
let captureTimes = new Map();
let waiting = new Map(); // Bitmaps by number, until their poses come.
let drawnAt = -Infinity;
let lags = []; // Of the last seconds, each { at, value }, and so are
let sent = []; // the bytes of pictures.
let people = 0;
let wakeLock = null;
let retry = null; // What the button of the message does.

function show(state, text) {
  document.body.dataset.state = state;
  if (element("status").textContent !== text) {
    element("status").textContent = text;
  }
}

function complain(text, button, action) {
  camera.stop();
  link.close();
  show("problem", "");
  element("problem-text").textContent = text;
  element("again").textContent = button;
  retry = action;
}

async function begin(isFront, takesOver = false) {
  sessionStorage.setItem("camera", isFront ? "front" : "back");
  try {
    await camera.start(isFront);
  } catch (error) {
    complain(reasonOf(error), "Try again", () => begin(isFront));
    return;
  }
  if (!link.isOpen) {
    show("waiting", "Connecting to the computer");
    link.open({ takesOver });
  }
  keepAwake();
}

function reasonOf(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "This page may not use the camera: allow it in the settings of the browser.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "This device has no such camera.";
    case "NotReadableError":
      return "Another app is using the camera: close it.";
    default:
      return `The camera cannot be opened (${error.message || error.name}).`;
  }
}

async function onPicture(captured) {
  number += 1;
  if (performance.now() - drawnAt > STALE_MS) {
    view.draw(video, video.videoWidth, video.videoHeight, { isMirrored: camera.isFront });
  }
  if (isBusy || !link.isOpen) {
    return; // The next one will be newer.
  }
  isBusy = true;
  sentAt = performance.now();
  const own = number;
  try {
    const bitmap = await createImageBitmap(video);
    captureTimes.set(own, captured);
    const [width, height] = sizeToSend(bitmap);
    encoder.postMessage(
      { bitmap, number: own, captured, width, height, quality: pace.quality },
      [bitmap],
    );
  } catch {
    isBusy = false; // The camera has just been switched.
  }
}

// The size that was asked for, whichever way the phone is held; even, as videos need it.
function sizeToSend(bitmap) {
  const wished = Math.min(MAX_SIDE, Math.max(camera.wishes.width, camera.wishes.height));
  const largest = Math.max(bitmap.width, bitmap.height);
  const scale = pace.scale * Math.min(1, wished / largest);
  return [bitmap.width, bitmap.height].map((side) => Math.max(2, 2 * Math.round((scale * side) / 2)));
}

encoder.onmessage = ({ data }) => {
  if (data.error !== undefined || !link.isOpen) {
    data.bitmap.close();
    isBusy = false;
    return;
  }
  lastBytes = data.message.byteLength;
  waiting.set(data.number, data.bitmap);
  forgetBefore(data.number - 10 * MAX_WAITING, MAX_WAITING);
  sentAt = performance.now();
  sent.push({ at: sentAt, value: lastBytes });
  link.send(data.message);
};

function forgetBefore(oldest, most) {
  for (const [each, bitmap] of waiting) {
    if (each < oldest || waiting.size > most) {
      bitmap.close();
      waiting.delete(each);
      captureTimes.delete(each);
    }
  }
}

link.addEventListener("welcome", async ({ detail }) => {
  show("live", "Connected: waiting for the first skeleton");
  // The first picture says the size of the recording: it has to be the one that was asked for.
  isBusy = true;
  sentAt = performance.now();
  await camera.want(detail.width, detail.height, detail.frame_rate);
  isBusy = false;
});

link.addEventListener("arrived", () => {
  const now = performance.now();
  pace.noteArrival(now - sentAt, lastBytes, now);
  isBusy = false;
});

link.addEventListener("poses", ({ detail }) => {
  const bitmap = waiting.get(detail.number);
  if (bitmap === undefined) {
    return;
  }
  view.draw(bitmap, bitmap.width, bitmap.height, { poses: detail, isMirrored: camera.isFront });
  drawnAt = performance.now();
  show("live", "Connected");
  const lag = drawnAt - captureTimes.get(detail.number);
  lags.push({ at: drawnAt, value: lag });
  people = detail.people.length;
  canvas.dispatchEvent(new CustomEvent("drawn", { detail: { number: detail.number, lag } }));
  forgetBefore(detail.number + 1, MAX_WAITING);
});

link.addEventListener("lost", ({ detail }) => {
  isBusy = false;
  forgetBefore(Infinity, 0);
  const isLong = detail.attempts > 4;
  show(
    "waiting",
    isLong
      ? "The computer does not answer. Has livepose ended there? Then scan its new code."
      : "The connection is lost: connecting again",
  );
});

link.addEventListener("refused", ({ detail: reason }) => {
  const takesOver = reason === "busy" || reason === "replaced";
  complain(REASONS[reason], takesOver ? "Use this one instead" : "Load again", () =>
    takesOver ? begin(camera.isFront, true) : location.reload(),
  );
});

// The screen would go dark, and the camera with it.
async function keepAwake() {
  if (wakeLock === null && document.visibilityState === "visible" && "wakeLock" in navigator) {
    try {
      wakeLock = await navigator.wakeLock.request("screen");
      wakeLock.addEventListener("release", () => {
        wakeLock = null;
      });
    } catch {
      wakeLock = null; // As when the battery is low.
    }
  }
}

function isActive() {
  return ["live", "waiting"].includes(document.body.dataset.state);
}

// After a sleep a camera may have been taken away, or stand still.
async function wakeCamera() {
  if (isActive() && document.visibilityState === "visible" && camera.silence > LOST_CAMERA_MS) {
    await begin(camera.isFront);
  }
}

document.addEventListener("visibilitychange", () => {
  if (isActive() && document.visibilityState === "visible") {
    isBusy = false;
    keepAwake();
    link.hurry();
    if (!camera.isRunning) {
      begin(camera.isFront);
    }
  }
});
window.addEventListener("online", () => link.hurry());

setInterval(() => {
  if (!isActive()) {
    return;
  }
  wakeCamera();
  if (performance.now() - sentAt > LOST_PICTURE_MS) {
    isBusy = false;
  }
  const begin = performance.now() - WINDOW_MS;
  lags = lags.filter(({ at }) => at > begin);
  sent = sent.filter(({ at }) => at > begin);
  const bytes = sent.reduce((sum, { value }) => sum + value, 0);
  const perSecond = 1000 / WINDOW_MS;
  const middle = lags.map(({ value }) => value).sort((a, b) => a - b)[lags.length >> 1];
  element("lag").textContent = middle === undefined ? "-" : `${Math.round(middle)} ms`;
  element("rate").textContent = `${Math.round(perSecond * lags.length)} fps`;
  element("people").textContent = lags.length > 0 ? String(people) : "-";
  element("sent").textContent = `${((8 * perSecond * bytes) / 1e6).toFixed(1)} Mbit/s`;
}, FIGURES_MS);

element("back").addEventListener("click", () => begin(false));
element("front").addEventListener("click", () => begin(true));
element("switch").addEventListener("click", () => begin(!camera.isFront));
element("again").addEventListener("click", () => retry?.());
element("stop").addEventListener("click", () => {
  link.close();
  camera.stop();
  sessionStorage.removeItem("camera");
  show("choosing", "Stopped.");
});

if (!navigator.mediaDevices?.getUserMedia || !("requestVideoFrameCallback" in video)) {
  complain("This browser is too old to be a camera: it needs Safari 16.4, Chrome 100, Firefox 132 or newer.", "Load again", () => location.reload());
} else if (sessionStorage.getItem("camera") !== null) {
  begin(sessionStorage.getItem("camera") === "front"); // The page was loaded again.
}
