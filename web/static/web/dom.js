// Small helpers to build pages. Text is always text; only `html` takes markup, and only markup the server cleaned.

export const main = document.getElementById("main");
export const data = JSON.parse(document.getElementById("data").textContent);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "html") node.innerHTML = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function show(...children) {
  main.replaceChildren(...children.filter(Boolean));
}

export function table(headings, rows, isMe = () => false) {
  const head = el("tr", {}, ...headings.map(([text, kind]) => el("th", { class: kind, scope: "col" }, text)));
  const body = rows.map((row) => el("tr", { class: isMe(row) ? "me" : "" },
    ...row.cells.map((cell, index) => el("td", { class: headings[index][1] }, cell))));
  return el("table", { class: "data" }, el("thead", {}, head), el("tbody", {}, ...body));
}

// A question in a box of its own; true for the first button.
export function confirmed(title, text, yes, no) {
  return new Promise((done) => {
    const box = el("dialog", { onclose: () => { box.remove(); done(box.returnValue === "yes"); } },
      el("form", { method: "dialog" }, el("h2", {}, title), el("p", {}, text),
        el("p", { class: "actions" }, el("button", { value: "yes" }, yes), el("button", { class: "plain", value: "no", autofocus: true }, no))));
    document.body.append(box);
    box.showModal();
  });
}

// Something that is loaded when it is unfolded, anew each time.
export function unfolding(title, load, kind = "card") {
  const inside = el("div", { class: "wide" });
  const box = el("details", { class: kind, ontoggle: async () => {
    if (!box.open) return;
    inside.replaceChildren(el("p", { class: "quiet" }, "One moment…"));
    try {
      inside.replaceChildren(await load());
    } catch (problem) {
      inside.replaceChildren(el("p", { class: "error", role: "alert" }, problem.message));
    }
  } }, el("summary", {}, title), inside);
  return box;
}

export function figure(value, label) {
  return el("div", { class: "figure" }, el("b", {}, value), el("span", { class: "quiet" }, label));
}

export function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : Number(value).toLocaleString("en", { maximumFractionDigits: digits });
}

export function when(text) {
  return text ? new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "";
}

// Something short to be noticed: for some seconds, or until it is put away.
export function notice(text, { stays = false } = {}) {
  const note = el("p", { role: "status" }, text);
  if (stays) note.append(" ", el("button", { class: "link", "aria-label": "Close", onclick: () => note.remove() }, "✕"));
  else setTimeout(() => note.remove(), 9000);
  document.getElementById("notices").append(note);
}
