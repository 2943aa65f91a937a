// A long text while it is written: counted as the server counts it, and given away when its writer pauses, at the latest
// every so often. Draws nothing.

const PAUSE_MS = 2500;
const LONGEST_WAIT_MS = 12000;
const LONGEST = 15000;  // what the server takes of any essay, in characters with spaces

// In words, or in characters that are no spaces.
export function lengthOf(text, unit) {
  if (unit === "words") return text.match(/\S+/gu)?.length ?? 0;
  return [...text.replace(/\s+/gu, "")].length;
}

// As it is sent: lines end with a line feed, and what nobody can type, but paste, is gone.
export function sent(text) {
  return text.replace(/\r\n?/gu, "\n").replace(/[\p{Cc}\p{Cs}]/gu, (mark) => (mark === "\n" || mark === "\t" ? mark : ""));
}

export class Draft {
  // ``limits``: ``{unit, least, most}`` of the question. ``give(text)`` gives it away, ``told(standing)`` hears how it stands.
  constructor({ limits, text, give, told = () => {}, now = () => performance.now() }) {
    Object.assign(this, { unit: "words", least: null, most: null, ...limits });
    Object.assign(this, { text: text ?? "", given: text ?? "", give, told, now, since: null });
  }

  // How it stands: ``over`` and ``short`` count what is too much, and what is missing.
  standing() {
    const length = lengthOf(this.text, this.unit);
    const beyond = [...sent(this.text)].length - LONGEST;
    return {
      length, unit: this.unit, least: this.least, most: this.most,
      over: this.most ? Math.max(0, length - this.most) : 0,
      beyond: Math.max(0, beyond),
      short: this.least ? Math.max(0, this.least - length) : 0,
      isGiven: sent(this.text) === this.given,
    };
  }

  write(text) {
    this.text = text;
    this.since ??= this.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(PAUSE_MS, this.since + LONGEST_WAIT_MS - this.now())));
    this.told(this.standing());
  }

  // What is too long would be refused: then the text of before stays given.
  flush() {
    clearTimeout(this.timer);
    this.since = null;
    const { over, beyond, isGiven } = this.standing();
    if (isGiven || over || beyond) return;
    this.given = sent(this.text);
    this.give(this.given.trim() ? this.given : null);
    this.told(this.standing());
  }
}
