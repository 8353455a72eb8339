// How large and how good the pictures are, so that the network carries them at the camera's rate.

const LEVELS = [
  { scale: 1, quality: 0.8 },
  { scale: 1, quality: 0.6 },
  { scale: 1, quality: 0.4 },
  { scale: 0.75, quality: 0.4 },
  { scale: 0.5, quality: 0.5 },
  { scale: 0.375, quality: 0.4 },
];
const SLOW_MS = 45; // Longer than pictures of 30 a second may take on their way.
const FAST_MS = 20;
const PATIENCE = 6; // So many pictures have to be slow before the next ones are made smaller,
const CONFIDENCE = 90; // and so many fast before they are made larger.
const WORTH = 0.4; // A step that saves half of the bytes has to save a fifth of the time.
const REST_MS = 15000; // After one that did not, the next is tried so much later.

export class Pace {
  #level = 0;
  #taken = []; // Milliseconds and bytes of the last pictures of this level.
  #slow = 0;
  #fast = 0;
  #before = null; // What pictures of the level before took.
  #restUntil = -Infinity;

  get scale() {
    return LEVELS[this.#level].scale;
  }

  get quality() {
    return LEVELS[this.#level].quality;
  }

  // Note how long a picture took until the computer had it.
  noteArrival(milliseconds, bytes, now) {
    this.#taken = [...this.#taken.slice(1 - PATIENCE), { milliseconds, bytes }];
    const middle = middleOf(this.#taken);
    this.#slow = middle.milliseconds > SLOW_MS ? this.#slow + 1 : 0;
    this.#fast = middle.milliseconds < FAST_MS ? this.#fast + 1 : 0;
    if (this.#slow >= PATIENCE && now >= this.#restUntil) {
      this.#becomeSmaller(middle, now);
    } else if (this.#fast >= CONFIDENCE && this.#level > 0) {
      this.#moveTo(this.#level - 1, null);
    }
  }

  #becomeSmaller(middle, now) {
    if (this.#before !== null && wasInVain(this.#before, middle)) {
      // It is not the size that takes long, but the way: then the better picture.
      this.#restUntil = now + REST_MS;
      this.#moveTo(this.#level - 1, null);
    } else if (this.#level < LEVELS.length - 1) {
      this.#moveTo(this.#level + 1, middle);
    }
  }

  #moveTo(level, before) {
    this.#level = level;
    this.#before = before;
    this.#taken = [];
    this.#slow = this.#fast = 0;
  }
}

function wasInVain(before, after) {
  const saved = (part) => 1 - after[part] / before[part];
  return saved("milliseconds") < WORTH * saved("bytes");
}

function middleOf(taken) {
  const middle = (part) => taken.map((each) => each[part]).sort((a, b) => a - b)[taken.length >> 1];
  return { milliseconds: middle("milliseconds"), bytes: middle("bytes") };
}
