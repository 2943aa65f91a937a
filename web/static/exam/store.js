// Where answers wait until they are acknowledged: IndexedDB, which survives a reload, a crash and a flat battery.
//
// A store keeps entries ``{attempt, epoch, seq, question, response}``. ``adopt`` hands over all that earlier windows of
// this browser could not deliver, numbered anew under the epoch of the window that takes them on; what the server holds
// a later answer for (``latest``, by question), perhaps from another device, is dropped.

const NAME = "shiken-exam";
const TABLE = "answers";

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
  }

  change(work) {
    return new Promise((done, failed) => {
      const transaction = this.database.transaction(TABLE, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => done();
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
      work(transaction.objectStore(TABLE));
    });
  }
}

// For browsers without IndexedDB, and for tests: forgets with the page.
export class MemoryStore {
  isDurable = false;
  entries = new Map();

  async put(entry) { this.entries.set(nameOf(entry), entry); }

  async remove(attempt, epoch, seqs) { seqs.forEach((seq) => this.entries.delete(nameOf({ attempt, epoch, seq }))); }

  async adopt(attempt, epoch, state) {
    const taken = renumbered([...this.entries.values()].filter((entry) => entry.attempt === attempt), epoch, state);
    await this.forget(attempt);
    taken.forEach((entry) => this.entries.set(nameOf(entry), entry));
    return taken;
  }

  async forget(attempt) {
    for (const [name, entry] of this.entries) if (entry.attempt === attempt) this.entries.delete(name);
  }
}

// Oldest first. What was numbered under this epoch already keeps its number; the rest gets new ones.
function renumbered(entries, epoch, { last_seqs: lastSeqs = {}, latest = {} }) {
  const sorted = entries.filter((entry) => isAfter(entry, latest[entry.question])).sort(byNumber);
  let seq = Math.max(lastSeqs[epoch] || 0, ...sorted.filter((entry) => entry.epoch === epoch).map((entry) => entry.seq));
  return sorted.map((entry) => (entry.epoch === epoch ? entry : { ...entry, epoch, seq: ++seq })).sort(byNumber);
}

const byNumber = (one, other) => one.epoch - other.epoch || one.seq - other.seq;
const isAfter = (entry, known) => !known || byNumber(entry, known) > 0;
const nameOf = ({ attempt, epoch, seq }) => `${attempt} ${epoch} ${seq}`;
const ofAttempt = (attempt) => IDBKeyRange.bound([attempt], [attempt, []]);

function opened(factory) {
  return new Promise((done, failed) => {
    const request = factory.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: ["attempt", "epoch", "seq"] });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("blocked"));
  });
}
