// A rich text editor for <textarea data-rich-text>. The textarea stays what is sent, and what is there without scripts.

import { cleaned, parsed, plain, written } from "./clean.js";
import { choose, Shelf } from "./media.js";
import { element } from "./parts.js";
import { baseOf, convert, ruby } from "./ruby.js";

const BUTTONS = [
  ["bold", "B", "Bold (Ctrl+B)"],
  ["italic", "I", "Italic (Ctrl+I)"],
  ["underline", "U", "Underline (Ctrl+U)"],
  ["subscript", "x₂", "Subscript"],
  ["superscript", "x²", "Superscript"],
  ["insertUnorderedList", "•", "Bulleted list"],
  ["insertOrderedList", "1.", "Numbered list"],
];
const LISTS = new Set(["insertUnorderedList", "insertOrderedList"]);
const BLOCKS = new Set("P DIV H3 H4 H5 H6 UL OL DL TABLE BLOCKQUOTE PRE HR".split(" "));
const CLOSING = /[》}]/;

export class Editor {
  constructor(textarea) {
    this.textarea = textarea;
    this.undo = [];
    const token = textarea.form?.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    this.shelf = textarea.dataset.shelf ? new Shelf(textarea.dataset.shelf, token) : null;
    this.area = element("div", {
      class: "rt-area", contenteditable: "true", role: "textbox", "aria-multiline": "true", lang: "ja",
      "aria-label": textarea.dataset.label || textarea.name,
    });
    this.bar = element("div", { class: "rt-bar", role: "toolbar", "aria-label": "Formatting" }, ...this.buttons());
    this.reading = this.readingForm();
    this.box = element("div", { class: "rt-box" }, this.bar, this.reading, this.area);
    textarea.hidden = true;
    textarea.after(this.box);
    this.load();
    this.listen();
  }

  // -- the page ------------------------------------------------------------------------------------------------------

  buttons() {
    const made = BUTTONS.map(([command, label, title]) => this.button(label, title, () => this.command(command), command));
    made.push(this.button("ふり", "Reading above the selected characters (Ctrl+R)", () => this.askReading(), "ruby"));
    made.push(this.button("▦", "Table, or one more row in this one", () => this.table(), "table"));
    made.push(this.button("▥+", "One more column in this table", () => this.column(), "column"));
    if (this.shelf) made.push(this.button("Image", "Picture of the center", () => this.picture(), "picture"));
    made.push(this.button("⌫", "Plain text: no formatting in the selection", () => this.plainly(), "plain"));
    this.sourceButton = this.button("</>", "The text as it is stored", () => this.toggleSource(), "source");
    made.push(this.sourceButton);
    return made;
  }

  button(label, title, work, name) {
    const made = element("button", { type: "button", title, "aria-label": title, "data-do": name }, label);
    made.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays where it is
    made.addEventListener("click", () => {
      work();
      this.save();
    });
    return made;
  }

  readingForm() {
    this.readingInput = element("input", { type: "text", lang: "ja", "aria-label": "Reading", placeholder: "かんじ", maxlength: "60" });
    this.readingBase = element("b", { lang: "ja" });
    const set = element("button", { type: "button" }, "Set");
    set.addEventListener("click", () => this.setReading());
    this.readingInput.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter ends the conversion of kana, not ours
      if (event.key === "Enter") {
        event.preventDefault();
        this.setReading();
      }
      if (event.key === "Escape") this.closeReading();
    });
    return element("div", { class: "rt-reading", hidden: "" }, this.readingBase, this.readingInput, set);
  }

  listen() {
    this.area.addEventListener("input", (event) => {
      if (!event.isComposing && CLOSING.test(event.data ?? "")) this.shorthand();
      this.save();
    });
    this.area.addEventListener("compositionend", (event) => {
      if (CLOSING.test(event.data ?? "")) setTimeout(() => { this.shorthand(); this.save(); });
    });
    this.area.addEventListener("blur", () => {
      convert(this.area);
      this.save();
    });
    this.area.addEventListener("paste", (event) => this.paste(event));
    this.area.addEventListener("drop", (event) => this.drop(event));
    this.area.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      const key = event.key.toLowerCase();
      if (key === "z" && !event.shiftKey) this.takeBack(event);
      if (key === "r") {
        event.preventDefault();
        this.askReading();
      }
    });
    this.area.addEventListener("click", (event) => {
      const found = event.target.closest?.("ruby");
      if (found) this.askReading(found);
    });
    this.textarea.form?.addEventListener("submit", () => {
      if (!this.isSource) convert(this.area);
      this.save();
    });
    document.addEventListener("selectionchange", () => this.mark());
  }

  mark() {
    if (!this.area.contains(document.getSelection()?.anchorNode)) return;
    for (const [command] of BUTTONS) {
      this.bar.querySelector(`[data-do=${command}]`).setAttribute("aria-pressed", String(document.queryCommandState(command)));
    }
  }

  // -- the text ------------------------------------------------------------------------------------------------------

  load() {
    this.area.replaceChildren(parsed(this.textarea.value));
    this.shelf?.show(this.area).catch(() => {});
  }

  save() {
    this.textarea.value = this.isSource ? this.textarea.value : written(this.area);
    this.textarea.dispatchEvent(new Event("change", { bubbles: true }));
  }

  get isSource() {
    return !this.textarea.hidden;
  }

  toggleSource() {
    if (this.isSource) this.load();
    else this.save();
    this.textarea.hidden = !this.textarea.hidden;
    this.area.hidden = !this.area.hidden;
    this.sourceButton.setAttribute("aria-pressed", String(this.isSource));
  }

  command(name) {
    this.area.focus();
    const caret = LISTS.has(name) && this.range()?.collapsed ? this.marker() : null;
    document.execCommand("styleWithCSS", false, false); // elements, not styles
    document.execCommand(name);
    if (caret) {
      const range = document.createRange();
      range.setStartBefore(caret);
      caret.remove();
      select(range);
    }
  }

  /** Something to find the caret again by: making a list moves it to the beginning. */
  marker() {
    const made = element("span");
    this.range().insertNode(made);
    return made;
  }

  /** Puts nodes where the caret is. Browsers would add styles of their own if they did it. */
  insert(fragment) {
    this.area.focus();
    const before = written(this.area);
    const range = this.range() ?? atEnd(this.area);
    range.deleteContents();
    const last = fragment.lastChild;
    const block = [...fragment.childNodes].some((node) => BLOCKS.has(node.nodeName)) ? this.blockAt(range) : null;
    if (block?.textContent.trim()) block.after(fragment);
    else if (block) block.replaceWith(fragment);
    else range.insertNode(fragment);
    if (last) after(last);
    this.undo.push({ before, after: written(this.area) });
    this.shelf?.show(this.area).catch(() => {});
  }

  /** The paragraph around the caret: another block cannot be in it. */
  blockAt(range) {
    const node = range.startContainer;
    const found = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest("p, h3, h4, h5, h6, pre");
    return found && this.area.contains(found) ? found : null;
  }

  /** Takes back what was put in, if nothing was written since; else the browser takes back what it did. */
  takeBack(event) {
    const last = this.undo.at(-1);
    if (!last || last.after !== written(this.area)) return;
    event.preventDefault();
    this.undo.pop();
    this.area.replaceChildren(parsed(last.before));
    this.shelf?.show(this.area).catch(() => {});
    select(atEnd(this.area));
    this.save();
  }

  paste(event) {
    event.preventDefault();
    const html = event.clipboardData.getData("text/html");
    const fragment = html ? parsed(html) : plain(event.clipboardData.getData("text/plain"));
    convertIn(fragment);
    this.insert(fragment);
    this.save();
  }

  drop(event) {
    event.preventDefault();
    const place = document.caretRangeFromPoint?.(event.clientX, event.clientY);
    if (place) select(place);
    const html = event.dataTransfer.getData("text/html");
    this.insert(html ? parsed(html) : plain(event.dataTransfer.getData("text/plain")));
    this.save();
  }

  plainly() {
    this.command("removeFormat");
    const range = this.range();
    if (!range) return;
    for (const found of this.area.querySelectorAll("ruby")) {
      if (range.intersectsNode(found)) found.replaceWith(baseOf(found));
    }
  }

  range() {
    const selection = document.getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    return range && this.area.contains(range.commonAncestorContainer) ? range : null;
  }

  // -- furigana ------------------------------------------------------------------------------------------------------

  askReading(present = null) {
    const range = this.range();
    this.present = present ?? rubyAt(range);
    this.target = this.present ? null : range?.cloneRange();
    const base = this.present ? baseOf(this.present) : range?.toString().trim();
    if (!base || base.length > 40) return;
    this.readingBase.textContent = base;
    this.readingInput.value = this.present?.querySelector("rt")?.textContent ?? "";
    this.reading.hidden = false;
    this.readingInput.focus();
  }

  setReading() {
    const reading = this.readingInput.value.trim();
    const base = this.readingBase.textContent;
    if (this.present) this.present.replaceWith(reading ? ruby(base, reading) : document.createTextNode(base));
    else if (reading && this.target) {
      const made = ruby(base, reading);
      this.target.deleteContents();
      this.target.insertNode(made);
      after(made);
    }
    this.closeReading();
    this.save();
  }

  closeReading() {
    this.reading.hidden = true;
    this.area.focus();
  }

  shorthand() {
    const last = convert(this.area, true);
    if (last) after(last);
  }

  // -- tables and pictures -------------------------------------------------------------------------------------------

  table() {
    const row = this.cell()?.closest("tr");
    if (row) {
      const next = element("tr");
      for (let count = row.cells.length; count > 0; count -= 1) next.append(element("td", {}, element("br")));
      row.after(next);
      return;
    }
    const body = element("tbody");
    for (let rows = 0; rows < 2; rows += 1) {
      body.append(element("tr", {}, element("td", {}, element("br")), element("td", {}, element("br"))));
    }
    const fragment = document.createDocumentFragment();
    fragment.append(element("table", {}, body), element("p", {}, element("br")));
    this.insert(fragment);
  }

  column() {
    const cell = this.cell();
    if (!cell) return;
    const place = cell.cellIndex;
    for (const row of cell.closest("table").rows) {
      const made = element(row.cells[place]?.localName ?? "td", {}, element("br"));
      if (row.cells[place]) row.cells[place].after(made);
      else row.append(made);
    }
  }

  cell() {
    const node = this.range()?.startContainer;
    return (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement)?.closest("td, th") ?? null;
  }

  async picture() {
    const place = this.range()?.cloneRange();
    const item = await choose(this.shelf);
    if (!item) return;
    this.area.focus();
    if (place) select(place);
    const alt = item.name.replace(/\.[^.]*$/, "");
    const fragment = document.createDocumentFragment();
    fragment.append(element("img", { "data-media": item.id, src: item.url, alt }));
    this.insert(fragment);
    this.save();
  }
}

function rubyAt(range) {
  const node = range?.startContainer;
  return (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement)?.closest("ruby") ?? null;
}

function convertIn(fragment) {
  const holder = element("div");
  holder.append(fragment);
  convert(holder);
  fragment.append(...holder.childNodes);
}

function select(range) {
  const selection = document.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

function atEnd(area) {
  const range = document.createRange();
  range.selectNodeContents(area);
  range.collapse(false);
  return range;
}

/** The caret behind a node, where one can go on writing outside of it: browsers need a character to hold on to. */
function after(node) {
  const range = document.createRange();
  if (node.nodeType === Node.TEXT_NODE || BLOCKS.has(node.nodeName)) {
    range.setStart(node, node.nodeType === Node.TEXT_NODE ? node.length : node.childNodes.length);
  } else {
    const holder = document.createTextNode("\u200b");
    node.after(holder);
    range.setStart(holder, 1);
  }
  range.collapse(true);
  select(range);
}

/** Every text of the page that has no editor yet gets one. */
export function start(root = document) {
  for (const textarea of root.querySelectorAll("textarea[data-rich-text]")) {
    if (!textarea.dataset.started) {
      textarea.dataset.started = "yes";
      textarea.editor = new Editor(textarea);
    }
  }
}

export { cleaned, parsed, written };

start();
