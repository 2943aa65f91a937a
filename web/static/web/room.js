// Sitting an exam: the cover sheet, the paper, the clock, and handing in.

import { Answers } from "./answers.js";
import { call } from "./api.js";
import { data, el, show, when } from "./dom.js";
import { questionGroup } from "./paper.js";
import { start } from "./who.js";

start(async () => cover(await call("GET", `exam-assignments/${data.room}/`)));

function cover(room) {
  const wrong = el("p", { class: "error", role: "alert" });
  const code = room.has_access_code
    ? el("label", { class: "field" }, "Access code", el("input", { id: "code", autocomplete: "off" })) : null;
  const begin = async (event) => {
    event.target.disabled = true;
    try {
      sit(room, await call("POST", `exam-assignments/${room.id}/start/`, code ? { access_code: code.querySelector("input").value } : {}));
    } catch (problem) {
      wrong.textContent = problem.message;
      event.target.disabled = false;
    }
  };
  show(el("section", { class: "card" },
    el("h1", {}, room.title),
    room.description ? el("p", {}, room.description) : null,
    el("p", { class: "quiet" }, room.closes_at ? `The room closes ${when(room.closes_at)}.` : "The clock starts when you start, and it is the server's."),
    el("p", {}, "Every answer is saved as you give it. If you lose the connection or close this page, come back here: the time goes on and nothing is lost."),
    code, wrong,
    el("p", {}, el("button", { onclick: begin }, "Start or continue"))));
}

async function sit(room, started) {
  const state = await call("GET", `attempts/${started.attempt}/answers/`);
  const given = { ...state.answers };
  const skew = Date.parse(started.server_time) - Date.now();
  let deadline = Date.parse(started.deadline_at);

  const clock = el("div", { class: "clock", role: "timer" });
  const saved = el("p", { class: "saved" }, "Everything is saved.");
  const palette = el("nav", { class: "palette", "aria-label": "Questions" });
  const paper = el("div", {});
  const tabs = el("div", { class: "tabs", role: "tablist" });
  const hand = el("button", { onclick: handIn }, "Hand in");
  show(el("h1", {}, started.paper.title), el("div", { class: "sit" }, el("div", {}, tabs, paper),
    el("aside", { class: "side" }, clock, saved, palette, hand)));

  const answers = new Answers(started.attempt, started.epoch, state.last_seqs[started.epoch] || 0, {
    changed(waiting) {
      saved.classList.toggle("waiting", waiting > 0);
      saved.textContent = waiting ? `${waiting} on the way to the server…` : "Everything is saved.";
    },
    closed(code) { over(code); },
    timer(message) { if (message.deadline_at) deadline = Date.parse(message.deadline_at); },
  });
  for (const kept of answers.waiting.values()) given[kept.question] = kept.response;

  const give = (question, response) => {
    given[question] = response;
    answers.give(question, response);
    palette.querySelector(`[href="#q-${question}"]`)?.classList.toggle("answered", isAnswer(response));
  };

  const sections = started.paper.sections;
  const open = (index) => {
    [...tabs.children].forEach((tab, at) => tab.setAttribute("aria-selected", String(at === index)));
    paper.replaceChildren(...sections[index].question_groups.map((group) => questionGroup(group, { given, give })));
    const questions = sections[index].question_groups.flatMap((group) => group.questions);
    palette.replaceChildren(...questions.map((question) => el("a", {
      href: `#q-${question.id}`, class: isAnswer(given[question.id]) ? "answered" : "",
    }, String(question.question_number))));
    scrollTo(0, 0);
  };
  tabs.replaceChildren(...sections.map((section, index) => el("button", { role: "tab", onclick: () => open(index) }, section.name)));
  open(0);

  const ticking = setInterval(tick, 250);
  tick();

  function tick() {
    const left = Math.max(0, Math.round((deadline - Date.now() - skew) / 1000));
    const pad = (value) => String(value).padStart(2, "0");
    clock.textContent = `${Math.floor(left / 3600) ? `${Math.floor(left / 3600)}:` : ""}${pad(Math.floor(left / 60) % 60)}:${pad(left % 60)}`;
    clock.classList.toggle("soon", left < 60);
    if (left === 0 && !answers.isClosed) handIn();
  }

  async function handIn() {
    hand.disabled = true;
    clearInterval(ticking);
    await answers.drained();
    try {
      await call("POST", `attempts/${started.attempt}/submit/`, {});
      over("handed_in");
    } catch (problem) {
      saved.textContent = problem.message;
      hand.disabled = false;
    }
  }

  function over(code) {
    clearInterval(ticking);
    answers.close(code);
    const said = { handed_in: "Your paper is handed in.", taken_over: "This exam goes on in another window or on another device.", too_late: "The time is up. What arrived in time counts." };
    show(el("section", { class: "card" },
      el("h1", {}, room.title), el("p", {}, said[code] || "The exam is over. What arrived in time counts."),
      el("p", {}, el("a", { class: "button", href: `/attempts/${started.attempt}/result/` }, "Result"), " ",
        el("a", { class: "button plain", href: `/rooms/${room.id}/board/` }, "Board"))));
  }
}

function isAnswer(response) {
  return response !== null && response !== undefined && response !== "" && !(Array.isArray(response) && !response.length);
}
