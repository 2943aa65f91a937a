// Where answers wait until they are acknowledged: IndexedDB, which survives a reload, a crash and a flat battery.
//
// A store keeps entries ``{attempt, epoch, seq, question, response}``. ``adopt`` hands over all that earlier windows of
// this browser could not deliver, numbered anew under the epoch of the window that takes them on; what the server holds
// a later answer for (``latest``, by question), perhaps from another device, is dropped. Beside them wait reports of plays,
// ``{attempt, place, id, body}``, in the order of their places.

const NAME = "shiken-exam";
const TABLE = "answers";
const REPORTS = "reports";

export async function openStore(factory = globalThis.indexedDB) {
  if (!factory) return new MemoryStore();
  try {
    return new IndexedStore(await opened(factory));
  } catch {
    return new MemoryStore();  // some browsers forbid it in private windows
  }
}

export class IndexedStore {
  isDurable = true;

  constructor(database) {
    this.database = database;
    database.onversionchange = () => database.close();
  }

  async put(entry) {
    await this.change((table) => table.put(entry));
  }

  async remove(attempt, epoch, seqs) {
    await this.change((table) => seqs.forEach((seq) => table.delete([attempt, epoch, seq])));
  }

  async adopt(attempt, epoch, state) {
    let taken = [];
    await this.change((table) => {
      table.getAll(ofAttempt(attempt)).onsuccess = ({ target }) => {
        taken = renumbered(target.result, epoch, state);
        table.delete(ofAttempt(attempt));
        taken.forEach((entry) => table.put(entry));
      };
    });
    return taken;
  }

  async forget(attempt) {
    await this.change((table) => table.delete(ofAttempt(attempt)));
    await this.change((table) => table.delete(ofAttempt(attempt)), REPORTS);
  }

  async putReport(entry) {
    await this.change((table) => table.put(entry), REPORTS);
  }

  async removeReport(attempt, id) {
    await this.change((table) => table.delete([attempt, id]), REPORTS);
  }

  async reportsOf(attempt) {
    let found = [];
    await this.change((table) => {
      table.getAll(ofAttempt(attempt)).onsuccess = ({ target }) => { found = target.result.sort(byPlace); };
    }, REPORTS);
    return found;
  }

  change(work, name = TABLE) {
    return new Promise((done, failed) => {
      const transaction = this.database.transaction(name, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => done();
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
      work(transaction.objectStore(name));
    });
  }
}

// For browsers without IndexedDB, and for tests: forgets with the page.
export class MemoryStore {
  isDurable = false;
  entries = new Map();
  reports = new Map();

  async put(entry) { this.entries.set(nameOf(entry), entry); }

  async remove(attempt, epoch, seqs) { seqs.forEach((seq) => this.entries.delete(nameOf({ attempt, epoch, seq }))); }

  async adopt(attempt, epoch, state) {
    const taken = renumbered([...this.entries.values()].filter((entry) => entry.attempt === attempt), epoch, state);
    for (const [name, entry] of this.entries) if (entry.attempt === attempt) this.entries.delete(name);
    taken.forEach((entry) => this.entries.set(nameOf(entry), entry));
    return taken;
  }

  async forget(attempt) {
    for (const known of [this.entries, this.reports]) {
      for (const [name, entry] of known) if (entry.attempt === attempt) known.delete(name);
    }
  }

  async putReport(entry) { this.reports.set(entry.id, entry); }

  async removeReport(attempt, id) { this.reports.delete(id); }

  async reportsOf(attempt) { return [...this.reports.values()].filter((entry) => entry.attempt === attempt).sort(byPlace); }
}

// Oldest first. What was numbered under this epoch already keeps its number; the rest gets new ones.
function renumbered(entries, epoch, { last_seqs: lastSeqs = {}, latest = {} }) {
  const sorted = entries.filter((entry) => isAfter(entry, latest[entry.question])).sort(byNumber);
  let seq = Math.max(lastSeqs[epoch] || 0, ...sorted.filter((entry) => entry.epoch === epoch).map((entry) => entry.seq));
  return sorted.map((entry) => (entry.epoch === epoch ? entry : { ...entry, epoch, seq: ++seq })).sort(byNumber);
}

const byNumber = (one, other) => one.epoch - other.epoch || one.seq - other.seq;
const byPlace = (one, other) => one.place - other.place;
const isAfter = (entry, known) => !known || byNumber(entry, known) > 0;
const nameOf = ({ attempt, epoch, seq }) => `${attempt} ${epoch} ${seq}`;
const ofAttempt = (attempt) => IDBKeyRange.bound([attempt], [attempt, []]);

function opened(factory) {
  return new Promise((done, failed) => {
    const request = factory.open(NAME, 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) request.result.createObjectStore(TABLE, { keyPath: ["attempt", "epoch", "seq"] });
      if (oldVersion < 2) request.result.createObjectStore(REPORTS, { keyPath: ["attempt", "id"] });
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("blocked"));
  });
}
