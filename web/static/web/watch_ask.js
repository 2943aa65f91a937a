// The question before an action on seats or their room: why, how long, until when. What the server refuses is shown at its field.

import { el } from "./dom.js";
import { moment } from "./room_fields.js";

const WORDS = { reason: "Reason (kept in the records)", cancel: "Cancel" };
const ACTS = {
  extend: { title: "More time", button: "Give", minutes: 10, text: "Added at once, also beyond the closing of the room; where sections are timed, to the present one." },
  pause: { title: "Pause", button: "Pause", text: "Time stands still and papers are hidden until you resume." },
  resume: { title: "Resume", button: "Resume", hasReason: false, text: "Time goes on; the pause is given back." },
  "force-submit": { title: "Collect papers", button: "Collect", text: "Hands in now with what is saved. Only reopening undoes it." },
  reopen: { title: "Reopen", button: "Reopen", minutes: 10, text: "Who has handed in or run out of time goes on, for so long from now. Marks are taken back until then." },
  accommodate: { title: "Accommodate", button: "Give", text: "Gives this attempt what is missing of the student's approved accommodation, in sections that are not over. Nothing is taken away." },
  void: { title: "Make void", button: "Make void", text: "The attempt counts for nothing from now on: one that runs ends, marks and places on boards go. What was written stays. This cannot be undone." },
  open: { title: "Open the room", button: "Open", hasReason: false, text: "Students can start, now." },
  close: { title: "Close the room", button: "Close the room", hasReason: false, text: "Nobody can start any more, and whoever still sits is ended at once." },
  "reopen-room": { title: "Reopen the room", button: "Reopen", closes: true, text: "Students can start again. Who has handed in stays so; reopen seats for those." },
  finalise: { title: "Finalise", button: "Finalise", hasReason: false, text: "Ranks become final. It waits for everybody who sits or waits for marks." },
  release: { title: "Release results", button: "Release", hasReason: false, text: "Students see their results from now on. This cannot be taken back." },
};

// ``send(fields)`` does it; what it gives comes back when it worked, null if somebody thought better of it. ``kind`` names an act,
// or is one that is told like those above.
export function ask(kind, whom, send) {
  const { title, button, minutes, closes, text, hasReason = true, words = WORDS, most = 200 } = ACTS[kind] || kind;
  return new Promise((done) => {
    let answer = null;
    const wrong = el("p", { class: "error", role: "alert" });
    const time = minutes ? el("input", { type: "number", min: "0.1", max: "1440", step: "any", value: String(minutes), required: true, name: "seconds" }) : null;
    const until = closes ? moment("Closes (empty: by hand)", null) : null;
    const reason = hasReason ? el("input", { maxlength: most, required: true, name: "reason", autofocus: true }) : null;
    const submit = el("button", {}, button);
    const go = async (event) => {
      event.preventDefault();
      submit.disabled = true;
      wrong.textContent = "";
      const fields = { ...(time ? { seconds: Math.round(Number(time.value) * 60) } : {}), ...(until ? { closes_at: until.read() } : {}), ...(reason ? { reason: reason.value } : {}) };
      try {
        answer = await send(fields);
        box.close();
      } catch (problem) {
        const listed = (problem.errors || []).map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`);
        wrong.textContent = [problem.message, ...listed].join(" ");
        for (const input of [time, reason]) input?.setAttribute("aria-invalid", String((problem.errors || []).some(({ pointer }) => pointer === `/${input.name}`)));
        submit.disabled = false;
      }
    };
    const box = el("dialog", { onclose: () => { box.remove(); done(answer); } },
      el("form", { onsubmit: go }, el("h2", {}, title), el("p", {}, el("b", {}, whom), `. ${text}`),
        time ? el("label", { class: "field" }, "Minutes", time) : null, until?.box ?? null,
        reason ? el("label", { class: "field" }, words.reason, reason) : null, wrong,
        el("p", { class: "actions" }, submit, el("button", { type: "button", class: "plain", onclick: () => box.close() }, words.cancel))));
    document.body.append(box);
    box.showModal();
  });
}
