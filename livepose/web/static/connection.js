// The WebSocket of the page: frames come in, commands go out; after a break it connects again.

const RETRY_MS = 1000;
const HEAD_BYTES = 8;
const decoder = new TextDecoder();

// One frame as it was sent: its data, its picture (null if it is the one before), the lag.
function parse(buffer) {
  const view = new DataView(buffer);
  const length = view.getUint32(0, true);
  const data = JSON.parse(decoder.decode(new Uint8Array(buffer, HEAD_BYTES, length)));
  const jpeg = new Uint8Array(buffer, HEAD_BYTES + length);
  return { data, lagMs: view.getUint32(4, true), jpeg: jpeg.length ? jpeg : null };
}

export class Connection {
  // onIntroduction(data), onFrame(data, bitmap or null, lagMs), onState(text)
  constructor({ onIntroduction, onFrame, onState }) {
    this.handlers = { onIntroduction, onFrame, onState };
    this.queue = Promise.resolve();
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.handlers.onState("");
    // Frames are decoded one after the other, so that they are shown in their order.
    socket.onmessage = (event) => {
      this.queue = this.queue.then(() => this.show(socket, event.data)).catch(console.error);
    };
    socket.onclose = () => {
      this.handlers.onState("Not connected: the run has ended, or it cannot be reached.");
      setTimeout(() => this.open(), RETRY_MS);
    };
  }

  async show(socket, buffer) {
    if (socket !== this.socket) return;
    const { data, lagMs, jpeg } = parse(buffer);
    if ("bones" in data) {
      this.handlers.onIntroduction(data);
      return;
    }
    const bitmap = jpeg && (await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })));
    this.handlers.onFrame(data, bitmap, lagMs);
    this.send("drawn");
  }

  send(name, ...numbers) {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify([name.toLowerCase(), ...numbers]));
    }
  }
}
