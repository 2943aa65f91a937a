// The desk: the paper as far as it is open, the clock, the palette, what staff say, and handing in.

import { Sitting } from "../exam/sitting.js";
import { http } from "./api.js";
import { confirmed, el, notice, show, unfolding, when } from "./dom.js";
import { flushDrafts } from "./essay.js";
import { h } from "./homework_words.js";
import { questionGroup } from "./paper.js";
import { QuestionTimes } from "./question_times.js";
import { Players } from "./room_player.js";
import { review } from "./room_review.js";
import { Flags, keepsake, tools } from "./room_tools.js";
import { s } from "./sitting_words.js";
import { timeLedger } from "./time_ledger.js";

const LAST_SECONDS = 3;
const SOON = 60;
const SOON_QUESTION = 6;
const SAID = ["handed_in", "taken_over", "too_late"];

export async function sit(room, accessCode) {
  const clock = el("div", { class: "clock", role: "timer" });
  const whole = el("p", { class: "whole quiet" });
  const saved = el("p", { class: "saved", role: "status" }, s("allSaved"));
  const palette = el("nav", { class: "palette", "aria-label": s("questions") });
  const paper = el("div", { class: "paper" });
  const curtain = el("div", { class: "card sheet", role: "status", hidden: true });
  const tabs = el("nav", { class: "tabs", "aria-label": s("sections") });
  const said = el("details", { class: "said", hidden: true }, el("summary", {}, s("announcements")), el("ul", {}));
  const hand = el("button", { onclick: askToHandIn }, s("handIn"));
  const onward = el("button", { onclick: askToGoOn, hidden: true }, s("nextSection"));
  let parts = [];
  let sections = [];  // what is on the screen at once: the parts, or the questions of a quiz one by one
  let open = 0;
  let ended = "";
  let ticking;
  let players = null;
  let sitting = null;  // news may come before it is there

  sitting = await Sitting.enter({
    http, room: room.id, accessCode, ...(room.path ? { path: room.path, body: room.body } : {}),
    on: { saved: tellSaved, over, timer: tellTime, step: draw, announced: tellSaid, dropped: tellDropped, message: (news) => players?.hear(news) },
  });
  const { started } = sitting;
  if (ended) return over(ended);
  const given = Object.fromEntries(sitting.given);
  const flags = new Flags(sitting.attempt);
  const { isByQuestion } = sitting.course;
  const times = sitting.paper.quiz && !isByQuestion ? new QuestionTimes(sitting.paper.sections.flatMap(questionsOf), keepsake(sitting.attempt, "times")) : null;
  show(el("h1", {}, sitting.paper.title), el("div", { class: "sit" }, el("div", {}, tabs, curtain, paper),
    el("aside", { class: "side" }, clock, whole, saved, palette, el("div", { class: "ends" }, onward, hand),
      el("div", { class: "extras" }, said, ...tools(started.tools || [], sitting.attempt), unfolding(s("yourTime"), () => timeLedger(sitting.attempt, { isOwn: true }), "tool")))));
  paper.classList.toggle("one-by-one", isByQuestion);
  if (sitting.paper.watermark) document.body.append(watermark(sitting.paper.watermark));

  players = new Players({ http, sitting, mode: started.listening || "FREE", byClock: started.is_cued_by_clock });
  players.hold(sitting.isPaused);
  const give = (question, response) => {
    given[question] = response;
    sitting.give(question, response);
    mark(question);
  };
  const flag = (question) => {
    const isFlagged = flags.toggle(question);
    mark(question);
    return isFlagged;
  };

  // Single answers, where the homework lets them be checked: final from then on.
  const verdicts = new Map();
  const check = started.may_check ? {
    isFinal: (id) => sitting.finals.has(id),
    verdict: (id) => verdicts.get(id),
    async run({ id }) {
      document.activeElement?.blur();  // what was typed last is given now
      try {
        const verdict = await sitting.check(id);
        verdicts.set(id, verdict);
        given[id] = verdict.response;
        tellOnward();
      } catch (problem) {
        notice(problem.status ? problem.message : s("notChecked"));
      }
      redraw(id);
    },
  } : null;

  draw();
  if (times) goTo(sections.flatMap(questionsOf).find(({ id }) => !times.isOver(id))?.id);
  ticking = setInterval(tick, 250);
  return undefined;

  // -- the paper ---------------------------------------------------------------------------------------------------

  // Where sections are timed, only the one that runs; else all of them, one at a time.
  function draw() {
    if (!sitting) return;
    const { course, step } = sitting;
    parts = sitting.paper.sections.filter((section) => section.question_groups.length);
    sections = times ? singly(parts) : parts;
    const isLast = !course.isSectioned || sitting.stepNumber === course.steps.length - 1;
    hand.hidden = !isLast;
    onward.hidden = isLast || (step?.kind !== "BREAK" && !room.may_leave_early);
    onward.textContent = s(step?.kind === "BREAK" ? "endBreak" : "nextSection");
    if (isByQuestion) {
      const asked = course.steps.filter(({ kind }) => kind === "QUESTION");
      const place = course.steps.slice(0, sitting.stepNumber + 1).filter(({ kind }) => kind === "QUESTION").length;
      tabs.replaceChildren(el("span", { class: "tab", "aria-current": "step" }, h("questionOf", place, asked.length)));
      turnTo(0);
      tellOnward();
      // The time ran out: what was given counts, and what was right is told in the break.
      const before = course.steps[sitting.stepNumber - 1]?.question;
      if (check && step.kind === "BREAK" && sections.length && !sitting.finals.has(before)) check.run({ id: before });
    } else if (course.isSectioned) {
      tabs.replaceChildren(...course.steps.map((one, number) => el("span", {
        class: one.kind === "BREAK" ? "tab break" : "tab", "aria-current": number === sitting.stepNumber ? "step" : false,
      }, one.kind === "BREAK" ? s("break") : one.name, number < sitting.stepNumber ? " ✓" : "")));
      if (step.kind === "BREAK") parts = sections = [];
      turnTo(0);
    } else {
      tabs.hidden = times !== null;
      tabs.replaceChildren(...sections.map((section, index) => el("button", { onclick: () => turnTo(index) }, section.name)));
      turnTo(Math.min(open, Math.max(0, sections.length - 1)));
    }
    tick();
  }

  function turnTo(index) {
    flushDrafts();
    open = index;
    if (!sitting.course.isSectioned) [...tabs.children].forEach((tab, at) => tab.setAttribute("aria-current", at === index ? "true" : "false"));
    const section = sections[index];
    const leads = (word, to) => sections[to] && el("button", { class: "plain", onclick: () => turnTo(to) }, s(word, sections[to].name));
    const ways = [times ? leads("backTo", index - 1) : null, leads("nextTo", index + 1)].filter(Boolean);
    const next = ways.length ? el("p", { class: "actions" }, ...ways) : null;
    players.forget();
    const groups = section ? section.question_groups.map((group) => drawn(group)) : [];
    paper.replaceChildren(...[...groups, next].filter(Boolean));
    const listed = times ? sections.flatMap(questionsOf) : section ? questionsOf(section) : [];
    palette.replaceChildren(...(isByQuestion ? [] : listed).map((question) => el("a", { href: `#q-${question.id}`, onclick: times && ((event) => {
      event.preventDefault();
      goTo(question.id);
    }) }, String(question.question_number))));
    listed.forEach(({ id }) => mark(id));
    times?.show(section ? questionsOf(section)[0].id : null);
    tellQuestionTime();
    players.turned();
    scrollTo(0, 0);
  }

  function drawn(group) {
    return questionGroup(group, { given, give, flags, flag: isByQuestion ? null : flag, players, check: isShut() ? shutCheck() : check, isClosed: (id) => isShut() || times?.isOver(id) });
  }

  // In the break after a question it can be read, with what was right, and not answered any more.
  function isShut() { return isByQuestion && sitting.step.kind === "BREAK"; }

  function shutCheck() { return check && { ...check, isFinal: () => true, run: null }; }

  // One question anew, in its place.
  function redraw(id) {
    const group = sections[open]?.question_groups.find(({ questions }) => questions.some((one) => one.id === id));
    const old = document.getElementById(`q-${id}`);
    if (!group || !old) return;
    const fresh = drawn({ ...group, audio_file: null, recording: null, questions: group.questions.filter((one) => one.id === id) });
    old.replaceWith(fresh.querySelector(".question"));
    mark(id);
    tellQuestionTime();
  }

  function mark(question) {
    const link = palette.querySelector(`[href="#q-${question}"]`);
    link?.classList.toggle("answered", isAnswer(given[question]));
    link?.classList.toggle("flagged", flags.has(question));
  }

  function goTo(question) {
    const index = sections.findIndex((section) => questionsOf(section).some(({ id }) => id === question));
    if (index < 0) return;
    turnTo(index);
    document.getElementById(`q-${question}`)?.scrollIntoView();
  }

  // -- time --------------------------------------------------------------------------------------------------------

  function tick() {
    if (!sitting) return;
    const { course, step } = sitting;
    const left = Math.ceil(sitting.stepSecondsLeft());
    if (left <= LAST_SECONDS && !sitting.isPaused) flushDrafts();
    const isHidden = sitting.isPaused || sitting.isTurning || (step?.kind === "BREAK" && !sections.length);
    clock.textContent = clockFace(left);
    clock.classList.toggle("soon", left < (isByQuestion ? SOON_QUESTION : SOON) && !sitting.isPaused);
    whole.hidden = !course.isSectioned;
    const all = clockFace(Math.ceil(sitting.secondsLeft()));
    const isBreak = step?.kind === "BREAK";
    if (isByQuestion) whole.textContent = h(isBreak ? "untilNext" : "forQuestion", all);
    else if (course.isSectioned) whole.textContent = isBreak ? s("ofBreak", all) : s("forSection", step.name, all);
    paper.hidden = isHidden;
    palette.hidden = isHidden;
    curtain.hidden = !isHidden;
    onward.disabled = sitting.isPaused || sitting.isTurning;
    if (isHidden) drop(curtain, ...whyHidden(left));
    if (sitting.secondsLeft() <= 0 && !sitting.isPaused && !hand.disabled) handIn();
    else if (times) countQuestion(!isHidden);
  }

  // The seconds of the question on the screen: at zero it is closed here, and the next one that has time left comes.
  function countQuestion(isRunning) {
    const { id } = questionsOf(sections[open])[0];
    if (times.isOver(id)) return;
    times.count(isRunning && !sitting.finals.has(id));
    tellQuestionTime();
    if (!times.isOver(id)) return;
    document.activeElement?.blur();  // what was typed last is given now
    flushDrafts();
    const next = times.after(id, sections.flatMap(questionsOf).map((question) => question.id).filter((one) => !sitting.finals.has(one)));
    redraw(id);
    if (next) goTo(next);
    else if (!document.querySelector("dialog[open]")) askToHandIn();
  }

  function tellQuestionTime() {
    const question = times && sections[open] && questionsOf(sections[open])[0];
    const shown = question?.seconds && document.querySelector(`#q-${question.id} .seconds`);
    if (!shown) return;
    const seconds = Math.ceil(times.left(question.id));
    const text = seconds ? h("secondsLeft", seconds) : h("timeUp");
    if (shown.textContent !== text) shown.textContent = text;
    shown.classList.toggle("soon", seconds <= 5);
  }

  function whyHidden(left) {
    if (sitting.isPaused) return [s("paused"), s("pausedHelp")];
    if (sitting.isTurning) return [s("oneMoment"), s("onItsWay")];
    const next = sitting.course.steps[sitting.stepNumber + 1];
    if (isByQuestion) return [h("soonNext"), h("nextIn", clockFace(left))];
    return [s("break"), s("beginsIn", next.name, clockFace(left))];
  }

  function tellTime({ moved, isPaused }) {
    tick();
    players?.hold(isPaused);
    if (moved >= 1 && !isPaused) notice(s("moreTime", inWords(moved)));
  }

  // Where answers are checked, first what was right, then the next question; there is no way back.
  async function nextQuestion() {
    const { step, stepNumber: number } = sitting;
    const id = step.question;
    if (check && id && !sitting.finals.has(id)) return void check.run({ id });
    if (id && !sitting.finals.has(id) && !isAnswer(given[id]) && !await confirmed(h("leaveAsk"), h("leaveHelp"), h("nextQuestion"), h("stay"))) return undefined;
    onward.disabled = true;
    try {
      if (sitting.stepNumber === number) await sitting.goOn(number);
      if (id && sitting.step.kind === "BREAK") await sitting.goOn();  // it was read already
    } catch (problem) {
      notice(problem.message);
    }
    onward.disabled = false;
    return undefined;
  }

  function tellOnward() {
    const id = isByQuestion && sitting.step.question;
    if (isByQuestion) onward.textContent = h(check && id && !sitting.finals.has(id) ? "check" : "nextQuestion");
  }

  async function askToGoOn() {
    document.activeElement?.blur();  // what was typed last is given now
    if (isByQuestion) return void nextQuestion();
    const isBreak = sitting.step.kind === "BREAK";
    const next = sitting.course.steps[sitting.stepNumber + 1];
    const name = next.kind === "BREAK" ? s("theBreak") : next.name;
    const warning = isBreak ? s("breakLost") : `${blankWarning()} ${s("sectionLost")}`;
    const step = sitting.stepNumber;
    if (!await confirmed(s("goOnTo", name), warning, s("goOn"), s(isBreak ? "stay" : "goOnWorking"))) return undefined;
    onward.disabled = true;
    try {
      if (sitting.stepNumber === step) await sitting.goOn(step);
    } catch (problem) {
      notice(problem.message);
    }
    onward.disabled = false;
    return undefined;
  }

  // -- what is said ------------------------------------------------------------------------------------------------

  function tellSaved({ waiting, isLive, isDurable }) {
    saved.classList.toggle("waiting", waiting > 0);
    if (!waiting) saved.textContent = s("allSaved");
    else if (isLive) saved.textContent = s("sending", waiting);
    else if (isDurable) saved.textContent = s("keptHere", waiting);
    else saved.textContent = s("notKept", waiting);
  }

  function tellSaid({ said: one, isNew }) {
    said.hidden = false;
    said.querySelector("ul").prepend(el("li", {}, el("span", { class: "quiet" }, when(one.said_at)), el("br"), one.text));
    if (isNew) {
      said.open = true;
      notice(one.text, { stays: true });
    }
  }

  function tellDropped({ code }) {
    if (code === "section_closed") notice(isByQuestion ? h("cameLate") : s("sectionOver"));
  }

  // -- the end -----------------------------------------------------------------------------------------------------

  function blankWarning() {
    const blank = sections.flatMap(questionsOf).filter((question) => !isAnswer(given[question.id])).length;
    return blank > 1 ? s("blanks", blank) : s(blank ? "oneBlank" : "noBlank");
  }

  async function askToHandIn() {
    document.activeElement?.blur();
    const isSure = started.has_review_screen && !isByQuestion
      ? await review({ sections: parts, questionsOf, isAnswered: (id) => isAnswer(given[id]), isFlagged: (id) => flags.has(id), goTo, warning: blankWarning() })
      : await confirmed(s("handInAsk"), `${isByQuestion ? s("onlyLast") : blankWarning()} ${s("noWayBack")}`, s("handIn"), s("goOnWorking"));
    if (isSure) handIn();
  }

  async function handIn() {
    if (hand.disabled) return;
    hand.disabled = true;
    document.activeElement?.blur();  // what was typed last goes along
    flushDrafts();
    try {
      await sitting.handIn();
    } catch (problem) {
      if (sitting.queue.isOver) return;
      saved.classList.add("waiting");
      saved.textContent = problem.status ? problem.message : s("notHandedIn");
      setTimeout(() => { hand.disabled = false; }, 3000);
    }
  }

  function over(code) {
    ended = code;
    if (!sitting) return;
    clearInterval(ticking);
    players?.end();
    document.querySelector(".watermark")?.remove();
    document.querySelectorAll("dialog").forEach((box) => box.close());
    if (code === "not_signed_in") return void location.reload();  // what waits is kept, and goes on after the sign-in
    const links = code === "taken_over"
      ? [el("button", { onclick: () => location.reload() }, s("continueHere"))]
      : [el("a", { class: "button", href: `/attempts/${sitting.attempt}/result/` }, s("result")), " ",
        room.board_policy === "HIDDEN" ? null : el("a", { class: "button plain", href: `/rooms/${room.id}/board/` }, s("board")), " ",
        el("a", { href: `/attempts/${sitting.attempt}/receipt/` }, s("receipt")), " ",
        room.back ? el("a", { href: room.back.href }, room.back.text) : el("a", { href: "/" }, s("backToExams"))];
    show(el("section", { class: "card sheet" },
      el("h1", {}, room.title), el("p", {}, s(SAID.includes(code) ? code : "over")), el("p", { class: "actions" }, ...links)));
  }
}

// A page for each question, in its group.
function singly(parts) {
  return parts.flatMap((part) => part.question_groups.flatMap((group) => group.questions.map((question) =>
    ({ ...part, name: s("questionNumber", question.question_number), question_groups: [{ ...group, questions: [question] }] }))));
}

function questionsOf(section) {
  return section.question_groups.flatMap((group) => group.questions);
}

function isAnswer(response) {
  return response !== null && response !== undefined && response !== "" && !(Array.isArray(response) && !response.length);
}

function clockFace(seconds) {
  const pad = (value) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600) ? `${Math.floor(seconds / 3600)}:` : ""}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

function inWords(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return s("seconds", Math.round(seconds));
  return minutes === 1 ? s("oneMinute") : s("minutes", minutes);
}

// A heading and a sentence, drawn anew only if they have changed: screen readers read out what changes.
function drop(box, title, text) {
  const [heading, line] = box.children.length ? box.children : [el("h2", {}), el("p", { "aria-live": "off" })];
  if (!box.children.length) box.append(heading, line);
  if (heading.textContent !== title) heading.textContent = title;
  if (line.textContent !== text) line.textContent = text;
}

function watermark(text) {
  return el("div", { class: "watermark", "aria-hidden": "true" }, ...Array.from({ length: 60 }, () => el("span", {}, text)));
}
