// The WebSocket of the page: frames come in, commands go out; after a break it connects again.

const RETRY_MS = 1000;
const LIMIT_MS = 3000;
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

// Why there is no connection: a WebSocket that was refused does not say.
async function reasonOf() {
  try {
    const answer = await fetch("/room", { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
    if (answer.ok) return "The connection was lost: connecting again …";
    if (answer.status === 503) return "Too many pages are open: waiting until one is closed …";
    if (answer.status === 401) return "Not connected: open the address that livepose has printed.";
  } catch {
    // Nobody answers.
  }
  return "Not connected: the run has ended, or it cannot be reached.";
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
    socket.onclose = async () => {
      this.handlers.onState(await reasonOf());
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

  // Returns whether there was a connection to send it over.
  send(name, ...numbers) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify([name.toLowerCase(), ...numbers]));
    return true;
  }
}
