// What the keys of the page do: mostly what those of the window do.

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
const SECONDS = { ArrowLeft: "BACK_SECOND", ArrowRight: "FORWARD_SECOND" };
const WITH_SHIFT = { ...SECONDS, R: "REPLAY", S: "SAVE_CLIP" };
const EDITOR_KEYS = {
  x: "SWAP_SIDES",
  i: "SWAP_IDS",
  d: "DELETE",
  z: "UNDO",
  y: "REDO",
  s: "SAVE",
};
const EDITOR_WITH_SHIFT = { ...SECONDS, D: "DELETE_ALL" };

// A letter means the same with Caps Lock.
export function letterOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

// The action that a key asks for; undefined if there is none.
export function actionOf(event, isEditor) {
  if (event.ctrlKey) return SECONDS[event.key];
  const withShift = isEditor ? EDITOR_WITH_SHIFT : WITH_SHIFT;
  const key = letterOf(event);
  return (event.shiftKey && withShift[event.key]) || (isEditor && EDITOR_KEYS[key]) || KEYS[key];
}

// Whether a key means something to the browser, or to the control that has the focus.
export function isTaken({ target, key, ctrlKey, altKey, metaKey }) {
  if (altKey || metaKey || (ctrlKey && !(key in SECONDS))) return true;
  if (target.matches("select, input[type=number]")) return true;
  if (target.matches("input[type=range]")) return /^(Arrow|Page|Home|End)/.test(key);
  return key === " " && target.matches("button, input, summary");
}
