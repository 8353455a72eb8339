// Draws a picture with the skeletons that were found in it, sharp at any size of the screen.

const BONE_WIDTH = 1 / 130; // Of the shorter side of the picture.

export class PictureView {
  #canvas;
  #context;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  // Draw a picture (a bitmap or a video of width x height px); without poses, the picture alone.
  draw(image, width, height, { poses = null, isMirrored = false } = {}) {
    const { width: fullWidth, height: fullHeight } = this.#canvas;
    const scale = Math.min(fullWidth / width, fullHeight / height);
    const box = [scale * width, scale * height];
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000000";
    context.fillRect(0, 0, fullWidth, fullHeight);
    const left = (fullWidth - box[0]) / 2;
    const top = (fullHeight - box[1]) / 2;
    if (isMirrored) {
      context.setTransform(-1, 0, 0, 1, left + box[0], top);
    } else {
      context.setTransform(1, 0, 0, 1, left, top);
    }
    context.drawImage(image, 0, 0, ...box);
    for (const person of poses?.people ?? []) {
      this.#drawPerson(person, poses, box);
    }
  }

  #drawPerson({ xy, shown }, { bones, steps }, [width, height]) {
    const context = this.#context;
    const thickness = Math.max(2, BONE_WIDTH * Math.min(width, height));
    const place = ([x, y]) => [(x / steps) * width, (y / steps) * height];
    context.lineCap = "round";
    for (const [from, to, color] of bones) {
      if (shown[from] && shown[to]) {
        context.beginPath();
        context.moveTo(...place(xy[from]));
        context.lineTo(...place(xy[to]));
        // A dark rim, so that it can be seen on any ground.
        context.lineWidth = thickness + 2;
        context.strokeStyle = "rgb(0 0 0 / 60%)";
        context.stroke();
        context.lineWidth = thickness;
        context.strokeStyle = color;
        context.stroke();
      }
    }
    context.fillStyle = "#ffffff";
    xy.forEach((point, index) => {
      if (shown[index]) {
        context.beginPath();
        context.arc(...place(point), 0.8 * thickness, 0, 2 * Math.PI);
        context.fill();
      }
    });
  }

  #fit() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(ratio * this.#canvas.clientWidth);
    const height = Math.round(ratio * this.#canvas.clientHeight);
    if (width > 0 && height > 0 && (width !== this.#canvas.width || height !== this.#canvas.height)) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
  }
}
