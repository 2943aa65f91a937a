// A room from the invigilator's desk: every seat, the troubled ones first, and what can be done about them.

import { ServerClock } from "../exam/clock.js";
import { Socket } from "../exam/socket.js";
import { call, http } from "./api.js";
import { data, el, notice, show, when } from "./dom.js";
import { ask } from "./watch_ask.js";
import { ListeningDesk } from "./watch_listening.js";
import { SeatPanel } from "./watch_panel.js";
import { RoomDesk } from "./watch_room.js";
import { ORDERS, STATES, Seat } from "./watch_seat.js";
import { start } from "./who.js";

// Where the HTTP twins of commands stand that are called otherwise there.
const PATHS = { reopen: "reopen-seats", "reopen-room": "reopen", finalise: "finalize" };
const HTTP_ONLY = new Set(["release"]);
const KEYED = new Set(["announce", "extend", "pause", "resume", "force-submit", "reopen"]);
const PATIENCE_MS = 15000;
const HANDS_OFF_MS = 4000;

start(async () => {
  const [room, said] = await Promise.all([
    call("GET", `exam-assignments/${data.room}/`),
    call("GET", `exam-assignments/${data.room}/announcements/`),
  ]);
  new Watch(room, said.results).open();
});

class Watch {
  constructor(room, said) {
    Object.assign(this, { room, clock: new ServerClock(), seats: new Map(), asked: new Map(), keys: new Map(), number: 0, order: "trouble", state: "" });
    this.line = el("p", { class: "quiet", role: "status" }, "Connecting…");
    this.grid = el("ul", { class: "seats", "aria-label": "Seats", onpointermove: () => { this.movedAt = performance.now(); } });
    this.chips = el("div", { class: "chips", role: "group", "aria-label": "Show" });
    this.chosen = el("span", { class: "quiet" });
    this.scope = el("select", { "aria-label": "Actions are for" }, el("option", { value: "" }, "the whole room"),
      ...room.assigned_groups.map(({ id, name }) => el("option", { value: id }, name)));
    this.said = el("ul", {});
    said.forEach((one) => this.said.append(announcement(one)));
    this.roomDesk = new RoomDesk(room, (kind, fields) => this.say(kind, fields));
    this.box = el("textarea", { rows: 2, maxlength: 1000, "aria-label": "Announcement", placeholder: "To everybody in the room…", required: true });
  }

  open() {
    const choose = el("select", { "aria-label": "Order", onchange: (event) => { this.order = event.target.value; this.sort(true); } },
      ...Object.entries(ORDERS).map(([name, { label }]) => el("option", { value: name }, label)));
    const desk = this.room.listening === "SYNCHRONISED" ? new ListeningDesk(this.room) : null;
    desk?.open().catch((problem) => notice(problem.message));
    const act = (kind, text, isPlain = true) => el("button", { class: isPlain ? "plain" : "", onclick: () => this.act(kind) }, text);
    this.roomDesk.open();
    show(
      el("h1", {}, this.room.title), this.roomDesk.box, this.line,
      el("div", { class: "watch" },
        el("section", { "aria-label": "Seats" },
          el("div", { class: "bar-of-watch" }, this.chips, choose),
          el("div", { class: "bar-of-watch acts", role: "toolbar", "aria-label": "Actions" },
            act("extend", "More time…"), act("pause", "Pause…"), act("resume", "Resume"), act("force-submit", "Collect…"), act("reopen", "Reopen…"),
            el("button", { class: "link", onclick: () => this.chooseAll() }, "Choose all shown"),
            el("button", { class: "link", onclick: () => this.chooseNone() }, "Choose none"), this.chosen, this.scope),
          this.grid),
        el("aside", {},
          desk?.box ?? null,
          el("form", { class: "card", onsubmit: (event) => this.announce(event) },
            el("h2", {}, "Announce"), this.box, el("p", { class: "actions" }, el("button", {}, "Announce")), el("div", { class: "said-list" }, this.said)),
          el("p", { class: "actions" }, el("a", { href: `/rooms/${this.room.id}/edit/` }, "Change the room"), el("a", { href: `/rooms/${this.room.id}/results/` }, "Results"), el("a", { href: "/" }, "Exam rooms")))),
    );
    this.socket = new Socket(`/ws/rooms/${this.room.id}/`, "rooms", {
      http, state: (what, event) => this.connected(what, event), message: (news) => this.hear(news),
    });
    setInterval(() => this.tick(), 1000);
  }

  // -- what arrives ------------------------------------------------------------------------------------------------

  connected(what, event) {
    this.isLive = what === "open";
    if (what === "open") this.isFresh = true;
    else if (event?.code === 4403 || event?.code === 4404) this.line.textContent = "You cannot watch this room.";
    else this.line.textContent = "Connection lost; trying again… What you see is as it was.";
    this.grid.classList.toggle("stale", !this.isLive);
  }

  hear(news) {
    if (news.server_time) this.clock.learn(news.server_time);
    if (news.type === "seats") this.take(news);
    else if (news.type === "seat") this.change(news);
    else if (news.type === "announcement") this.said.prepend(announcement(news));
    else if (news.type === "done" || news.type === "error") this.answered(news);
  }

  take(page) {
    if (this.isFresh) {
      this.arriving = new Set();
      this.isFresh = false;
    }
    this.questions = page.questions;
    for (const seat of page.seats) this.put(seat);
    page.seats.forEach(({ student }) => this.arriving.add(student));
    if (page.page === page.pages) [...this.seats.keys()].filter((student) => !this.arriving.has(student)).forEach((student) => this.remove(student));
    this.tell(page);
    this.sort(page.page === page.pages);
  }

  change(news) {
    news.seats.forEach((seat) => this.put(seat));
    news.gone.forEach((student) => this.remove(student));
    this.tell(news);
  }

  put(told) {
    const known = this.seats.get(told.student);
    if (known) known.take(told);
    else if (told.name !== undefined) this.seats.set(told.student, new Seat(told, this.questions, { changed: () => this.tellChosen(), opened: (seat) => this.openSeat(seat) }));
  }

  remove(student) {
    this.seats.get(student)?.card.remove();
    this.seats.delete(student);
  }

  tell({ has_presence: hasPresence }) {
    this.line.textContent = hasPresence === false
      ? "Live, but nobody can say now who is connected: times of the last answers are all that is known."
      : "Live.";
    this.hasPresence = hasPresence;
    this.tick();
  }

  // -- what is shown -----------------------------------------------------------------------------------------------

  tick() {
    const now = this.clock.now();
    for (const seat of this.seats.values()) seat.draw(now, this.hasPresence);
    this.drawChips();
    this.sort();
  }

  drawChips() {
    const counts = new Map(Object.keys(STATES).map((state) => [state, 0]));
    for (const { told } of this.seats.values()) counts.set(told.state, counts.get(told.state) + 1);
    const wanted = [["", `All ${this.seats.size}`], ...[...counts].map(([state, count]) => [state, `${STATES[state]} ${count}`])];
    if (!this.chips.children.length) {
      this.chips.replaceChildren(...wanted.map(([state]) => el("button", { class: "chip", "data-state": state, onclick: () => { this.state = state; this.sort(true); this.drawChips(); } })));
    }
    wanted.forEach(([state, text], place) => {
      const chip = this.chips.children[place];
      if (chip.textContent !== text) chip.textContent = text;
      chip.setAttribute("aria-pressed", String(state === this.state));
    });
  }

  // Cards move only while nobody has a hand on them.
  sort(isWanted = false) {
    const isTouched = this.grid.matches(":focus-within") || (this.movedAt && performance.now() - this.movedAt < HANDS_OFF_MS);
    if (!isWanted && (isTouched || (this.sortedAt && performance.now() - this.sortedAt < 3000))) return;
    this.sortedAt = performance.now();
    const now = this.clock.now();
    const shown = [...this.seats.values()].filter(({ told }) => !this.state || told.state === this.state);
    const ranked = shown.map((seat) => [ORDERS[this.order].rank(seat, now), seat]).sort(([one, a], [other, b]) => one - other || a.told.name.localeCompare(b.told.name));
    const cards = ranked.map(([, { card }]) => card);
    if (cards.length !== this.grid.children.length || cards.some((card, place) => this.grid.children[place] !== card)) this.grid.replaceChildren(...cards);
    this.tellChosen();
  }

  get picked() { return [...this.seats.values()].filter((seat) => seat.isChosen); }

  chooseAll() { [...this.seats.values()].filter(({ card }) => card.isConnected).forEach((seat) => seat.choose(true)); }

  chooseNone() { this.picked.forEach((seat) => seat.choose(false)); }

  tellChosen() {
    const count = this.picked.length;
    const hasGroups = this.room.assigned_groups.length > 1;
    this.chosen.textContent = count ? `${count} chosen` : `Nobody chosen: actions are for${hasGroups ? "" : " the whole room."}`;
    this.scope.hidden = Boolean(count) || !hasGroups;
  }

  // -- what is done ------------------------------------------------------------------------------------------------

  async act(kind) {
    const chosen = this.picked;
    const group = chosen.length ? null : this.room.assigned_groups.find(({ id }) => id === this.scope.value);
    const whom = chosen.length === 1 ? chosen[0].told.name : chosen.length ? `${chosen.length} students` : `everybody it applies to in ${group ? group.name : "the room"}`;
    const about = chosen.length ? { student_ids: chosen.map(({ told }) => told.student) } : group ? { group_ids: [group.id] } : {};
    const fields = await ask(kind, whom, (given) => this.say(kind, { ...about, ...given }));
    if (!fields) return;
    notice(fields.students?.length === 1 ? "Done, for one student." : `Done, for ${fields.students?.length ?? 0} students.`);
    this.chooseNone();
  }

  openSeat(seat) {
    new SeatPanel(seat, { now: () => this.clock.now(), act: (...about) => this.actOnSeat(...about) }).open();
  }

  async actOnSeat(kind, { told }, isOfAttempt) {
    const whom = isOfAttempt ? { attempt: told.attempt } : { student_ids: [told.student] };
    return ask(kind, told.name, (given) => this.say(kind, { ...whom, ...given }));
  }

  async announce(event) {
    event.preventDefault();
    try {
      await this.say("announce", { text: this.box.value });
      this.box.value = "";
      notice("Announced.");
    } catch (problem) {
      notice(problem.message);
    }
  }

  // Over the socket, or by HTTP where there is none; both do the same. What may be lost on its way is said under a key, so
  // that it is done once, however often it is said; the key stays until an answer has come.
  async say(kind, given) {
    const about = JSON.stringify([kind, given]);
    const fields = KEYED.has(kind) ? { ...given, idempotency_key: this.keys.get(about) || crypto.randomUUID() } : given;
    if (fields.idempotency_key) this.keys.set(about, fields.idempotency_key);
    try {
      const done = await this.sayOnce(kind, fields);
      this.keys.delete(about);
      return done;
    } catch (problem) {
      if (problem.code && problem.code !== "unavailable") this.keys.delete(about);
      throw problem;
    }
  }

  async sayOnce(kind, fields) {
    this.number += 1;
    const id = this.number;
    if (HTTP_ONLY.has(kind) || !this.socket.send({ type: kind, id, ...fields })) return this.post(kind, fields);
    return new Promise((done, failed) => {
      const late = setTimeout(() => {
        this.asked.delete(id);
        if (fields.idempotency_key) this.post(kind, fields).then(done, failed);
        else failed(new Error("No answer. Look at the seats before you try again."));
      }, PATIENCE_MS);
      this.asked.set(id, { done, failed, late });
    });
  }

  async post(kind, { attempt, ...fields }) {
    const about = attempt ? `attempts/${attempt}` : `exam-assignments/${this.room.id}`;
    const answer = await call("POST", `${about}/${PATHS[kind] || kind}/`, fields);
    return { students: (answer.seats || answer.extended || []).map(({ student }) => student) };
  }

  answered(news) {
    const waiting = this.asked.get(news.id);
    if (!waiting) return;
    this.asked.delete(news.id);
    clearTimeout(waiting.late);
    if (news.type === "done") waiting.done(news);
    else waiting.failed(Object.assign(new Error(news.detail), { code: news.code, errors: news.errors || [] }));
  }
}

function announcement({ text, said_at: saidAt }) {
  return el("li", {}, el("span", { class: "quiet" }, when(saidAt)), el("br"), text);
}
