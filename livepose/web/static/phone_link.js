// The connection to the computer: made anew for as long as the page is open.

const RETRY_MS = [200, 500, 1000, 2000, 3000];
const SILENT_MS = 4000; // The computer says something every second.
const FINAL = { 4001: "busy", 4002: "replaced", 4003: "ended", 4004: "faulty" };

export class Link extends EventTarget {
  #socket = null;
  #attempts = 0;
  #timer = null;
  #heard = 0;
  #isOpen = false;
  #isWanted = false;
  #client;

  constructor() {
    super();
    // A page that is loaded again is the same phone; another tab is another one.
    this.#client = sessionStorage.getItem("client") ?? crypto.randomUUID();
    sessionStorage.setItem("client", this.#client);
    setInterval(() => this.#checkSilence(), 500);
  }

  get isOpen() {
    return this.#isOpen;
  }

  open({ takesOver = false } = {}) {
    this.close();
    this.#isWanted = true;
    this.#connect(takesOver);
  }

  close() {
    this.#isWanted = false;
    this.#drop();
  }

  // Try again at once, as the page is back or the network is.
  hurry() {
    if (this.#isWanted && !this.#isOpen) {
      this.#drop();
      this.#connect(false);
    }
  }

  send(data) {
    if (this.#isOpen) {
      this.#socket.send(data);
    }
  }

  #connect(takesOver) {
    const socket = new WebSocket(`wss://${location.host}/phone/socket`);
    this.#socket = socket;
    this.#heard = performance.now();
    socket.onopen = () => {
      socket.send(
        JSON.stringify({ kind: "hello", client: this.#client, takes_over: takesOver }),
      );
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) {
        return;
      }
      this.#heard = performance.now();
      const message = JSON.parse(data);
      if (message.kind === "time") {
        const answer = { kind: "time", asked_s: message.asked_s, phone_ms: performance.now() };
        socket.send(JSON.stringify(answer));
        return;
      }
      if (message.kind === "welcome") {
        this.#isOpen = true;
        this.#attempts = 0;
      }
      this.dispatchEvent(new CustomEvent(message.kind, { detail: message }));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) {
        this.#lose(FINAL[code]);
      }
    };
  }

  #lose(reason) {
    this.#drop();
    if (reason !== undefined) {
      this.#isWanted = false;
      this.dispatchEvent(new CustomEvent("refused", { detail: reason }));
      return;
    }
    const delay = RETRY_MS[Math.min(this.#attempts, RETRY_MS.length - 1)];
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#connect(false), delay);
    this.dispatchEvent(new CustomEvent("lost", { detail: { attempts: this.#attempts } }));
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }

  #checkSilence() {
    if (this.#socket !== null && performance.now() - this.#heard > SILENT_MS) {
      this.#lose();
    }
  }
}
