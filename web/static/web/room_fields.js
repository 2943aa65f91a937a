// The fields of the room's form. Each has a ``box`` to show, ``read()`` for the API, and ``fault(text)`` to say what is wrong;
// some say with ``blank`` what is meant where they are put away, and take with ``write(value)`` what is usual.

import { el } from "./dom.js";

let names = 0;

export function field(label, input, read, { group = false } = {}) {
  const wrong = el("span", { class: "error", id: `fault-${names += 1}` });
  const box = group
    ? el("fieldset", { class: "field-of-room group" }, el("legend", {}, label), input, wrong)
    : el("label", { class: "field field-of-room" }, label, input, wrong);
  const fault = (text) => {
    wrong.textContent = text;
    input.setAttribute("aria-invalid", String(Boolean(text)));
    input.setAttribute("aria-describedby", wrong.id);
  };
  return { box, input, read, fault };
}

// Fields that make no sense unless another one says so are put away.
field.dependOn = (on, others, isWanted = Boolean) => {
  const look = () => others.forEach(({ box }) => { box.hidden = !isWanted(on.read()); });
  on.input.addEventListener("input", look);
  look();
};

export function written(label, value, { rows, list, ...attributes }) {
  const input = rows ? el("textarea", { rows, ...attributes }) : el("input", attributes);
  input.value = value || "";
  const lines = () => input.value.split(/\s+/).filter(Boolean);
  return field(label, input, list ? lines : () => input.value.trim());
}

export function number(label, value, { scale = 1, min, needed = false, blank }) {
  const input = el("input", { type: "number", min, step: scale === 1 ? 1 : "any", required: needed });
  if (value !== null && value !== undefined) input.value = String(Math.round((value / scale) * 100) / 100);
  const write = (given) => { input.value = String(given / scale); };
  return { ...field(label, input, () => (input.value === "" ? null : Math.round(Number(input.value) * scale))), blank, write };
}

// A date and a time of this device's zone; the API hears UTC.
export function moment(label, value) {
  const input = el("input", { type: "datetime-local", step: 60 });
  const at = value ? new Date(value) : null;
  const shown = at ? new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
  input.value = shown;
  // What was not touched keeps its seconds.
  return field(label, input, () => (input.value === shown ? value || null : input.value ? new Date(input.value).toISOString() : null));
}

export function pick(label, choices, value, { empty, ...attributes } = {}) {
  const listed = choices instanceof Map ? [...choices] : Object.entries(choices);
  const input = el("select", attributes, empty ? el("option", { value: "" }, empty) : null,
    ...listed.map(([name, text]) => el("option", { value: name, selected: name === value }, text)));
  return { ...field(label, input, () => input.value), write: (given) => { input.value = given; } };
}

export function switched(label, value) {
  const input = el("input", { type: "checkbox", checked: Boolean(value) });
  const made = field("", input, () => input.checked);
  made.box.classList.add("switch");
  made.box.replaceChildren(input, el("span", {}, label), made.box.querySelector(".error"));
  return { ...made, write: (given) => { input.checked = given; } };
}

export function toggles(label, choices, chosen) {
  const box = el("div", { class: "toggles" }, ...Object.entries(choices).map(([name, text]) =>
    el("label", {}, el("input", { type: "checkbox", value: name, checked: chosen.includes(name) }), ` ${text}`)));
  const write = (given) => box.querySelectorAll("input").forEach((input) => { input.checked = given.includes(input.value); });
  return { ...field(label, box, () => checked(box), { group: true }), write };
}

// Many to choose from: a list that can be narrowed down. What is chosen stays in sight.
export function people(label, choices, chosen) {
  const rows = [...choices].sort(([, one], [, other]) => one.localeCompare(other)).map(([id, text]) =>
    el("label", { class: "choice" }, el("input", { type: "checkbox", value: id, checked: chosen.includes(id) }), ` ${text}`));
  const list = el("div", { class: "choices" }, ...rows);
  const count = el("span", { class: "quiet" });
  const tell = () => { count.textContent = `${checked(list).length} chosen of ${rows.length}`; };
  const search = el("input", { type: "search", placeholder: "Find…", "aria-label": `Find in ${label}` });
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase();
    rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(words) && !row.querySelector("input").checked; });
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  list.addEventListener("change", tell);
  tell();
  return field(label, el("div", {}, rows.length > 8 ? search : null, list, count), () => checked(list), { group: true });
}

export function breaks(label, known) {
  const list = el("div", { class: "breaks" });
  const add = ({ after, seconds } = { after: list.children.length + 1, seconds: 600 }) => {
    const row = el("p", { class: "actions" },
      el("label", {}, "After section ", el("input", { type: "number", min: 1, value: String(after), "data-name": "after", required: true })),
      el("label", {}, " minutes ", el("input", { type: "number", min: 0.1, step: "any", value: String(seconds / 60), "data-name": "minutes", required: true })),
      el("button", { type: "button", class: "link", onclick: () => row.remove() }, "Remove"));
    list.append(row);
  };
  known.forEach(add);
  const valueOf = (row, name) => Number(row.querySelector(`[data-name=${name}]`).value);
  const read = () => [...list.children].map((row) => ({ after: valueOf(row, "after"), seconds: Math.round(valueOf(row, "minutes") * 60) }));
  const more = el("button", { type: "button", class: "link", onclick: () => add() }, "Add a break");
  const write = (given) => { list.replaceChildren(); given.forEach(add); };
  return { ...field(label, el("div", {}, list, more), read, { group: true }), blank: [], write };
}

function checked(box) {
  return [...box.querySelectorAll("input:checked")].map((input) => input.value);
}
