// A socket that comes back: a fresh ticket for each connection, growing pauses with jitter between tries.

import { ticket } from "./api.js";

const FINAL = new Set([4403, 4404, 4409, 4410]);

export class Socket {
  constructor(path, purpose, { message, state = () => {} }) {
    this.path = path;
    this.purpose = purpose;
    this.onMessage = message;
    this.onState = state;
    this.tries = 0;
    this.stopped = false;
    this.connect();
  }

  get isOpen() { return this.socket?.readyState === WebSocket.OPEN; }

  async connect() {
    let pass;
    try {
      pass = await ticket(this.purpose);
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) return this.onState("refused", problem);
      return this.later();
    }
    if (this.stopped) return undefined;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}${this.path}`, [`ticket.${pass}`]);
    this.socket.onopen = () => { this.tries = 0; this.onState("open"); };
    this.socket.onmessage = (event) => this.onMessage(JSON.parse(event.data));
    this.socket.onclose = (event) => {
      this.onState("closed", event);
      if (!this.stopped && !FINAL.has(event.code)) this.later();
    };
    return undefined;
  }

  later() {
    const pause = Math.min(15000, 500 * 2 ** this.tries++) * (0.5 + Math.random());
    setTimeout(() => { if (!this.stopped) this.connect(); }, pause);
  }

  send(message) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  stop() {
    this.stopped = true;
    this.socket?.close();
  }
}
