// The door to live quizzes: a code for players; for staff a new one, and those that they have hosted.

import { call } from "./api.js";
import { el, show, when } from "./dom.js";
import { w } from "./live_words.js";
import { start } from "./who.js";

const STAFF = new Set(["TEACHER", "CENTER_ADMIN"]);

start(async (me) => {
  const sessions = await call("GET", "quiz-sessions/?page_size=30");
  if (STAFF.has(me.role)) await host(sessions.results);
  else play(sessions.results);
});

function enter(id) { location.assign(`/live/${id}/`); }

function card(session) {
  const facts = [session.code && session.state !== "FINISHED" ? session.code : null, w("here", session.player_count), when(session.created_at)];
  return el("li", { class: "card" }, el("h3", {}, el("a", { href: `/live/${session.id}/` }, session.title)),
    el("p", {}, el("span", { class: `badge ${session.state === "FINISHED" ? "closed" : "open"}` }, w(`state.${session.state}`)), " ",
      el("span", { class: "quiet" }, facts.filter(Boolean).join(" · "))));
}

// -- players -------------------------------------------------------------------------------------------------------

function play(sessions) {
  const wrong = el("p", { class: "error", role: "alert" });
  const code = el("input", { class: "code live-input", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 12, required: true, "aria-label": w("code") });
  code.value = new URLSearchParams(location.search).get("code") || "";
  const button = el("button", { class: "wide" }, w("join"));
  const form = el("form", { class: "card join-live", onsubmit: async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    button.disabled = true;
    try {
      enter((await call("POST", "quiz-sessions/join/", { code: code.value })).session);
    } catch (problem) {
      wrong.textContent = problem.message;
      button.disabled = false;
      code.select();
    }
  } }, el("label", { class: "field" }, w("enterCode"), code), wrong, button);
  const running = sessions.filter(({ state }) => state !== "FINISHED");
  const past = sessions.filter(({ state }) => state === "FINISHED");
  show(el("h1", {}, w("liveQuiz")), form,
    ...[...running, ...past].length ? [el("h2", {}, w("joined")), el("ul", { class: "cards" }, ...running.map(card), ...past.map(card))] : []);
  code.focus();
}

// -- hosts ---------------------------------------------------------------------------------------------------------

async function published() {
  const [tests, quizzes] = await Promise.all([
    call("GET", "mock-tests/?status=PUBLISHED&page_size=100"),
    call("GET", "quizzes/?page_size=100").catch(() => ({ results: [] })),
  ]);
  const known = new Map(tests.results.map((test) => [test.id, test.title]));
  quizzes.results.filter(({ status }) => status === undefined || status === "PUBLISHED").forEach((quiz) => known.set(quiz.id, quiz.title));
  return [...known].sort(([, one], [, other]) => one.localeCompare(other));
}

function choice(label, name, values, prefix = "") {
  return el("label", { class: "field" }, w(label), el("select", { name }, ...values.map((value) => el("option", { value }, w(prefix + value)))));
}

async function host(sessions) {
  const tests = await published();
  const wrong = el("p", { class: "error", role: "alert" });
  const form = el("form", { class: "card sheet", onsubmit: async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    const given = Object.fromEntries(new FormData(event.target));
    const seconds = given.seconds ? Number(given.seconds) : null;
    try {
      enter((await call("POST", "quiz-sessions/", { ...given, seconds, gives_more_time: "gives_more_time" in given })).id);
    } catch (problem) {
      wrong.textContent = problem.message;
    }
  } },
  el("h2", {}, w("open")),
  el("label", { class: "field" }, w("which"), el("select", { name: "mock_test", required: true }, ...tests.map(([id, title]) => el("option", { value: id }, title)))),
  el("label", { class: "field" }, w("seconds"), el("input", { name: "seconds", type: "number", min: 5, max: 600 })),
  choice("bonus", "bonus", ["HALF", "LINEAR", "NONE"]), choice("counts", "answer_policy", ["FIRST", "LAST"]),
  choice("players", "board_policy", ["LIVE", "AFTER_CLOSE", "ANONYMOUS", "HIDDEN"]), choice("guests", "guests", ["NONE", "CODE"], "guests."),
  el("label", { class: "field switch" }, el("input", { name: "gives_more_time", type: "checkbox", checked: true }), w("moreTime")),
  wrong, el("p", { class: "actions" }, el("button", {}, w("open"))));
  show(el("h1", {}, w("liveQuizzes")), tests.length ? form : el("p", { class: "quiet" }, w("noTests")),
    ...sessions.length ? [el("h2", {}, w("hosted")), el("ul", { class: "cards" }, ...sessions.map(card))] : []);
}
