// Sitting an exam: the cover sheet, the paper, the clock, and handing in.

import { Sitting } from "../exam/sitting.js";
import { call, http } from "./api.js";
import { confirmed, data, el, show, when } from "./dom.js";
import { questionGroup } from "./paper.js";
import { start } from "./who.js";

start(async () => cover(await call("GET", `exam-assignments/${data.room}/`)));

function cover(room) {
  const isRunning = room.student_submission_status === "IN_PROGRESS";
  const wrong = el("p", { class: "error", role: "alert" });
  const code = room.has_access_code && !isRunning
    ? el("label", { class: "field" }, "Access code", el("input", { autocomplete: "off" })) : null;
  const begin = async (event) => {
    event.target.disabled = true;
    try {
      await sit(room, code?.querySelector("input").value);
    } catch (problem) {
      wrong.textContent = problem.message;
      event.target.disabled = false;
    }
  };
  const minutes = Math.round(room.seconds / 6) / 10;
  show(el("section", { class: "card sheet" },
    el("h1", {}, room.title),
    room.description ? el("p", {}, room.description) : null,
    el("p", { class: "quiet" }, `${room.question_count} questions, ${minutes} minutes, ${Number(room.max_score)} marks.`,
      room.closes_at ? ` The room closes ${when(room.closes_at)}.` : ""),
    room.status === "OPEN" ? el("p", {}, "The clock starts when you start, and runs on the server. Every answer is saved as you give it: if you lose the connection or close this page, come back here.") : null,
    code, wrong,
    el("p", { class: "actions" },
      room.status === "OPEN" ? el("button", { onclick: begin }, isRunning ? "Continue" : "Start") : el("span", {}, NOT_OPEN[room.status]),
      el("a", { href: "/" }, "Back to the exams"))));
}

const NOT_OPEN = { SCHEDULED: "The room is not open yet.", CLOSED: "The room is closed.", FINALISED: "The room is closed." };

async function sit(room, accessCode) {
  const clock = el("div", { class: "clock", role: "timer" });
  const saved = el("p", { class: "saved", role: "status" }, "Everything is saved.");
  const palette = el("nav", { class: "palette", "aria-label": "Questions" });
  const paper = el("div", {});
  const tabs = el("nav", { class: "tabs", "aria-label": "Sections" });
  const hand = el("button", { onclick: askToHandIn }, "Hand in");

  const sitting = await Sitting.enter({ http, room: room.id, accessCode, on: { saved: tellSaved, over } });
  const started = sitting.started;
  const given = Object.fromEntries(sitting.given);
  show(el("h1", {}, started.paper.title), el("div", { class: "sit" }, el("div", {}, tabs, paper),
    el("aside", { class: "side" }, clock, saved, palette, hand)));

  const give = (question, response) => {
    given[question] = response;
    sitting.give(question, response);
    palette.querySelector(`[href="#q-${question}"]`)?.classList.toggle("answered", isAnswer(response));
  };

  const sections = started.paper.sections;
  const questionsOf = (section) => section.question_groups.flatMap((group) => group.questions);
  const open = (index) => {
    [...tabs.children].forEach((tab, at) => tab.setAttribute("aria-current", at === index ? "true" : "false"));
    const next = sections[index + 1]
      ? el("p", {}, el("button", { class: "plain", onclick: () => open(index + 1) }, `Next: ${sections[index + 1].name}`)) : null;
    paper.replaceChildren(...[...sections[index].question_groups.map((group) => questionGroup(group, { given, give })), next].filter(Boolean));
    palette.replaceChildren(...questionsOf(sections[index]).map((question) => el("a", {
      href: `#q-${question.id}`, class: isAnswer(given[question.id]) ? "answered" : "",
    }, String(question.question_number))));
    scrollTo(0, 0);
  };
  tabs.replaceChildren(...sections.map((section, index) => el("button", { onclick: () => open(index) }, section.name)));
  open(0);

  const ticking = setInterval(tick, 250);
  tick();

  function tick() {
    const left = Math.round(sitting.secondsLeft());
    const pad = (value) => String(value).padStart(2, "0");
    clock.textContent = `${Math.floor(left / 3600) ? `${Math.floor(left / 3600)}:` : ""}${pad(Math.floor(left / 60) % 60)}:${pad(left % 60)}`;
    clock.classList.toggle("soon", left < 60);
    if (left === 0 && !hand.disabled) handIn();
  }

  function tellSaved({ waiting, isLive, isDurable }) {
    saved.classList.toggle("waiting", waiting > 0);
    if (!waiting) saved.textContent = "Everything is saved.";
    else if (isLive) saved.textContent = `${waiting} on the way to the server…`;
    else if (isDurable) saved.textContent = `No connection. ${waiting} kept on this device, to be sent when it is back.`;
    else saved.textContent = `No connection. ${waiting} not saved yet: keep this page open.`;
  }

  async function askToHandIn() {
    const blank = sections.flatMap(questionsOf).filter((question) => !isAnswer(given[question.id])).length;
    const warning = { 0: "Every question has an answer.", 1: "One question has no answer yet." }[blank] || `${blank} questions have no answer yet.`;
    if (await confirmed("Hand in your paper?", `${warning} You cannot change anything afterwards.`, "Hand in", "Go on working")) handIn();
  }

  async function handIn() {
    if (hand.disabled) return;
    hand.disabled = true;
    try {
      await sitting.handIn();
    } catch (problem) {
      if (sitting.queue.isOver) return;
      saved.classList.add("waiting");
      saved.textContent = problem.status ? problem.message : "No connection: your paper is not handed in yet. Please try again.";
      setTimeout(() => { hand.disabled = false; }, 3000);
    }
  }

  function over(code) {
    clearInterval(ticking);
    if (code === "not_signed_in") return void location.reload();  // what waits is kept, and goes on after the sign-in
    const said = { handed_in: "Your paper is handed in.", taken_over: "This exam goes on in another window or on another device.", too_late: "The time is up. What arrived in time counts." };
    const links = code === "taken_over"
      ? [el("button", { onclick: () => location.reload() }, "Continue here")]
      : [el("a", { class: "button", href: `/attempts/${started.attempt}/result/` }, "Result"), " ",
        room.board_policy === "HIDDEN" ? null : el("a", { class: "button plain", href: `/rooms/${room.id}/board/` }, "Board"), " ",
        el("a", { href: "/" }, "Back to the exams")];
    show(el("section", { class: "card sheet" },
      el("h1", {}, room.title), el("p", {}, said[code] || "The exam is over. What arrived in time counts."), el("p", { class: "actions" }, ...links)));
  }
}

function isAnswer(response) {
  return response !== null && response !== undefined && response !== "" && !(Array.isArray(response) && !response.length);
}
