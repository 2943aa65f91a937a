// A socket that comes back: a fresh ticket for each connection, growing pauses with jitter between tries.

const FINAL = new Set([4403, 4404, 4409, 4410]);
const LONGEST_PAUSE_MS = 15000;
const SILENCE_MS = 20000;

export class Socket {
  // ``state`` hears "open", "closed" (with the event) and "refused" (with the problem); ``message`` each decoded frame.
  constructor(path, purpose, { http, message, state = () => {}, WebSocket = globalThis.WebSocket, place = globalThis.location }) {
    this.url = `${place.protocol === "https:" ? "wss" : "ws"}://${place.host}${path}`;
    this.purpose = purpose;
    this.http = http;
    this.onMessage = message;
    this.onState = state;
    this.WebSocket = WebSocket;
    this.tries = 0;
    this.stopped = false;
    this.connect();
  }

  get isOpen() { return this.socket?.readyState === this.WebSocket.OPEN; }

  async connect() {
    clearTimeout(this.pause);
    this.pause = null;
    let pass;
    try {
      pass = await this.http.ticket(this.purpose);
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) return this.onState("refused", problem);
      return this.later();
    }
    if (!this.stopped) this.listen(new this.WebSocket(this.url, [`ticket.${pass}`]));
    return undefined;
  }

  listen(socket) {
    this.socket = socket;
    this.heard = performance.now();
    const beat = setInterval(() => this.check(socket), SILENCE_MS / 2);
    socket.onopen = () => { this.tries = 0; this.onState("open"); };
    socket.onmessage = (event) => { this.heard = performance.now(); this.onMessage(JSON.parse(event.data)); };
    socket.onclose = (event) => {
      clearInterval(beat);
      if (this.socket !== socket) return;
      this.onState("closed", event);
      if (!this.stopped && !FINAL.has(event.code)) this.later();
    };
  }

  // A connection that was cut without a farewell stays "open" for minutes: what does not answer a ping is given up.
  check(socket) {
    if (socket.readyState !== this.WebSocket.OPEN) return;
    if (performance.now() - this.heard < SILENCE_MS) return void socket.send('{"type":"ping"}');
    const { onclose } = socket;
    socket.onclose = null;
    socket.close();
    onclose({ code: 1006 });
  }

  later() {
    const pause = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** this.tries++) * (0.5 + Math.random());
    this.pause = setTimeout(() => { if (!this.stopped) this.connect(); }, pause);
  }

  // The network seems to be back: no need to wait any longer.
  hurry() {
    if (this.pause && !this.stopped) this.connect();
  }

  send(message) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.pause);
    this.socket?.close();
  }
}
