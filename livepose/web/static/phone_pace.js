// How large and how good the pictures are, so that the network carries them at the camera's rate.

const LEVELS = [
  { scale: 1, quality: 0.8 },
  { scale: 1, quality: 0.65 },
  { scale: 1, quality: 0.5 },
  { scale: 0.75, quality: 0.5 },
  { scale: 0.5, quality: 0.5 },
  { scale: 0.375, quality: 0.4 },
];
const SLOW_MS = 45; // Longer than a picture of 30 a second may take on its way.
const FAST_MS = 20;
const PATIENCE = 6; // So many pictures have to be slow before the next ones are made smaller,
const CONFIDENCE = 90; // and so many fast before they are made larger.
const GAIN = 0.85; // A step that does not make it faster by that much was in vain.
const REST_MS = 15000; // After one, the next is tried so much later.

export class Pace {
  #level = 0;
  #taken = null;
  #slow = 0;
  #fast = 0;
  #before = null; // How long pictures took before the last step down.
  #restUntil = 0;

  get scale() {
    return LEVELS[this.#level].scale;
  }

  get quality() {
    return LEVELS[this.#level].quality;
  }

  // Note how long a picture took until the computer had it.
  noteArrival(milliseconds, now) {
    this.#taken = this.#taken === null ? milliseconds : 0.7 * this.#taken + 0.3 * milliseconds;
    this.#slow = this.#taken > SLOW_MS ? this.#slow + 1 : 0;
    this.#fast = this.#taken < FAST_MS ? this.#fast + 1 : 0;
    if (this.#slow >= PATIENCE && now >= this.#restUntil) {
      this.#becomeSmaller(now);
    } else if (this.#fast >= CONFIDENCE && this.#level > 0) {
      this.#fast = 0;
      this.#before = null;
      this.#level -= 1;
    }
  }

  #becomeSmaller(now) {
    this.#slow = 0;
    if (this.#before !== null && this.#taken > GAIN * this.#before) {
      // It is not the size that takes long, but the way: then the better picture.
      this.#level = Math.max(0, this.#level - 1);
      this.#before = null;
      this.#restUntil = now + REST_MS;
    } else if (this.#level < LEVELS.length - 1) {
      this.#before = this.#taken;
      this.#level += 1;
    }
  }
}
