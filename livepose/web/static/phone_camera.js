// The camera of this device, and the time at which each of its pictures was taken.

const MAX_CAPTURE_AGE_MS = 1000;

export class Camera {
  #video;
  #stream = null;
  #onPicture;
  #isFront = false;
  #width = 640;
  #height = 480;
  #frameRate = 30;
  #seen = 0;
  #turn = 0;

  // onPicture(captured) is called for each picture, with its time on the clock of the page, in ms.
  constructor(video, onPicture) {
    this.#video = video;
    this.#onPicture = onPicture;
  }

  get isFront() {
    return this.#isFront;
  }

  get isRunning() {
    return this.#stream?.getVideoTracks().some((track) => track.readyState === "live") ?? false;
  }

  // How long there has been no picture, in milliseconds.
  get silence() {
    return performance.now() - this.#seen;
  }

  get wishes() {
    return { width: this.#width, height: this.#height };
  }

  async want(width, height, frameRate) {
    if (width === this.#width && height === this.#height && frameRate === this.#frameRate) {
      return;
    }
    [this.#width, this.#height, this.#frameRate] = [width, height, frameRate];
    const [track] = this.#stream?.getVideoTracks() ?? [];
    await track?.applyConstraints(this.#constraints()).catch(() => {}); // It keeps what it has.
  }

  async start(isFront) {
    this.stop();
    this.#isFront = isFront;
    this.#seen = performance.now();
    const turn = this.#turn;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { ...this.#constraints(), facingMode: isFront ? "user" : "environment" },
    });
    if (turn !== this.#turn) {
      stop(stream); // Meanwhile it was started again, or stopped.
      return;
    }
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
    this.#watch(turn);
  }

  stop() {
    this.#turn += 1;
    if (this.#stream !== null) {
      stop(this.#stream);
    }
    this.#stream = null;
    this.#video.srcObject = null;
  }

  #constraints() {
    return {
      width: { ideal: this.#width },
      height: { ideal: this.#height },
      frameRate: { ideal: this.#frameRate },
    };
  }

  #watch(turn) {
    this.#video.requestVideoFrameCallback((now, { captureTime }) => {
      if (turn !== this.#turn) {
        return;
      }
      this.#watch(turn);
      this.#seen = now;
      // Not every browser knows it, and some clocks of cameras are other ones.
      const age = now - captureTime;
      this.#onPicture(age >= 0 && age < MAX_CAPTURE_AGE_MS ? captureTime : now);
    });
  }
}

function stop(stream) {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}
