// Every second of an attempt's time, in words: the start, what was given or taken away and why, and the deadline they add up to.

import { call } from "./api.js";
import { el } from "./dom.js";

const KINDS = {
  BASE: "Time of the paper", SECTION: "Time of the section", QUESTION: "Time of the question", BREAK: "Break",
  ACCOMMODATION: "Accommodation", PAUSE: "Pause, given back", INCIDENT: "Disturbance, given back", EXTENSION: "More time",
  REOPENED: "Opened again", LEFT: "Left early", WINDOW: "Window of the room",
};
const GIVERS = { SERVER: "the server", STAFF: "staff", STUDENT: "the student" };

// ``isOwn``: said to who sat it.
export async function timeLedger(attempt, { isOwn = false } = {}) {
  const told = await call("GET", `attempts/${attempt}/ledger/`);
  const beyond = told.total_seconds - told.printed_seconds;
  return el("div", {},
    el("p", {}, `Begun at ${clock(told.started_at)}; `, el("b", {}, length(told.total_seconds)), ` in all, until ${clock(told.deadline_at)}.`,
      Math.abs(beyond) < 0.0005 ? "" : ` Everybody has ${length(told.printed_seconds)} here: that is ${length(Math.abs(beyond))} ${beyond > 0 ? "more" : "less"}.`),
    told.paused_at ? el("p", { class: "note" }, `Time has stood still since ${clock(told.paused_at)}: ${told.pause_reason || "paused by staff"} It is given back when it goes on.`) : null,
    el("ol", { class: "ledger" }, ...told.entries.map((entry) => line(entry, isOwn)),
      el("li", { class: "sum" }, el("span", {}, `Until ${clock(told.deadline_at)}`), el("b", { class: "num" }, span(told.total_seconds)))));
}

function line(entry, isOwn) {
  const { kind, section, seconds, reason } = entry;
  return el("li", {}, el("span", {}, el("b", {}, KINDS[kind]), section ? ` · ${section}` : ""), el("span", { class: "num" }, span(seconds)),
    reason ? el("span", { class: "why" }, reason, " ", el("span", { class: "quiet" }, whence(entry, isOwn))) : null);
}

function whence({ given_by: giver, author, at }, isOwn) {
  const whose = isOwn && giver === "STUDENT" ? "you" : author?.name || GIVERS[giver];
  return `${whose}, ${clock(at)}`;
}

// With its sign; milliseconds only where there are any.
function span(seconds) {
  return `${seconds < 0 ? "−" : "+"}${face(Math.abs(seconds))}`;
}

function length(seconds) {
  return `${face(seconds)} ${seconds >= 3600 ? "h" : "min"}`;
}

function face(seconds) {
  const millis = Math.round(seconds * 1000);
  const pad = (value, digits = 2) => String(value).padStart(digits, "0");
  const whole = Math.floor(millis / 1000);
  const rest = millis % 1000;
  return `${whole >= 3600 ? `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}` : Math.floor(whole / 60)}:${pad(whole % 60)}${rest ? `.${pad(rest, 3)}` : ""}`;
}

function clock(text) {
  return new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
