// Every second of an attempt's time, in words: the start, what was given or taken away and why, and the deadline they add up to.

import { call } from "./api.js";
import { el } from "./dom.js";
import { bilingual } from "./words.js";

const s = bilingual({
  BASE: ["Time of the paper", "試験時間"], SECTION: ["Time of the section", "セクションの時間"], QUESTION: ["Time of the question", "問題の時間"],
  BREAK: ["Break", "休憩"], ACCOMMODATION: ["Accommodation", "配慮による延長"], PAUSE: ["Pause, given back", "一時停止の補償"],
  INCIDENT: ["Disturbance, given back", "中断の補償"], EXTENSION: ["More time", "延長"], REOPENED: ["Opened again", "再開"],
  LEFT: ["Left early", "早めに進んだ分"], WINDOW: ["Window of the room", "実施時間の終わり"],
  SERVER: ["the server", "サーバー"], STAFF: ["staff", "スタッフ"], STUDENT: ["the student", "受験者"], you: ["you", "あなた"],
  begun: ["Begun at {}; ", "開始 {}、"], inAll: [" in all, until {}.", "（{}まで）"],
  more: [" Everybody has {} here: that is {} more.", " 通常は{}です（{}長い）。"], less: [" Everybody has {} here: that is {} less.", " 通常は{}です（{}短い）。"],
  still: ["Time has stood still since {}: {} It is given back when it goes on.", "{}から時間が止まっています: {} 再開時に補償されます。"], byStaff: ["paused by staff", "スタッフによる一時停止"],
  until: ["Until {}", "{}まで"], h: ["{} h", "{}"], min: ["{} min", "{}"],
});

// ``isOwn``: said to who sat it.
export async function timeLedger(attempt, { isOwn = false } = {}) {
  const told = await call("GET", `attempts/${attempt}/ledger/`);
  const beyond = told.total_seconds - told.printed_seconds;
  return el("div", {},
    el("p", {}, s("begun", clock(told.started_at)), el("b", {}, length(told.total_seconds)), s("inAll", clock(told.deadline_at)),
      Math.abs(beyond) < 0.0005 ? "" : s(beyond > 0 ? "more" : "less", length(told.printed_seconds), length(Math.abs(beyond)))),
    told.paused_at ? el("p", { class: "note" }, s("still", clock(told.paused_at), told.pause_reason || s("byStaff"))) : null,
    el("ol", { class: "ledger" }, ...told.entries.map((entry) => line(entry, isOwn)),
      el("li", { class: "sum" }, el("span", {}, s("until", clock(told.deadline_at))), el("b", { class: "num" }, span(told.total_seconds)))));
}

function line(entry, isOwn) {
  const { kind, section, seconds, reason } = entry;
  return el("li", {}, el("span", {}, el("b", {}, s(kind)), section ? ` · ${section}` : ""), el("span", { class: "num" }, span(seconds)),
    reason ? el("span", { class: "why" }, reason, " ", el("span", { class: "quiet" }, whence(entry, isOwn))) : null);
}

function whence({ given_by: giver, author, at }, isOwn) {
  const whose = isOwn && giver === "STUDENT" ? s("you") : author?.name || s(giver);
  return `${whose}, ${clock(at)}`;
}

// With its sign; milliseconds only where there are any.
function span(seconds) {
  return `${seconds < 0 ? "−" : "+"}${face(Math.abs(seconds))}`;
}

function length(seconds) {
  return s(seconds >= 3600 ? "h" : "min", face(seconds));
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
