// The server's clock, as well as it can be known here. It runs on the device's monotonic clock, so nobody who sets the
// device's time gains a second, and it only ever informs: what counts is decided by the server.

const KEPT = 8;
const DOUBT_MS = 2000;

export class ServerClock {
  constructor({ monotonic = () => performance.now(), wall = () => Date.now() } = {}) {
    this.monotonic = monotonic;
    this.wall = wall;
    this.samples = [];
  }

  get isKnown() { return this.samples.length > 0; }

  // What the server said its time was, in an answer that was asked for at ``asked`` (monotonic) and has come just now;
  // without ``asked``, in news that came by itself. Of the latest exchanges the quickest is believed.
  learn(serverTime, asked) {
    const heard = this.monotonic();
    const moment = Date.parse(serverTime);
    if (Number.isNaN(moment)) return;
    if (this.isDoubtful) this.samples = [];
    const trip = asked === undefined ? Infinity : heard - asked;
    const middle = asked === undefined ? heard : (asked + heard) / 2;
    this.samples = [...this.samples, { offset: moment - middle, trip }].slice(-KEPT);
    this.gap = this.wall() - heard;
  }

  // Milliseconds since 1970 by the server's clock.
  now() {
    const best = this.samples.reduce((one, other) => (other.trip < one.trip ? other : one), this.samples[0]);
    return best ? this.monotonic() + best.offset : this.wall();
  }

  // How far off it can be, in milliseconds.
  get error() {
    return Math.min(Infinity, ...this.samples.map(({ trip }) => trip / 2));
  }

  // The device has slept (some monotonic clocks stop then), or somebody has set its time: ask again.
  get isDoubtful() {
    return this.isKnown && Math.abs(this.wall() - this.monotonic() - this.gap) > DOUBT_MS;
  }
}
