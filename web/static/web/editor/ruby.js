// Furigana: readings above characters, and the ways in which people type them.

// 漢字《かんじ》 and ｜お茶《おちゃ》 as in Aozora texts, {漢字|かんじ} as in many notes. What is read has a character that needs it.
const SHORTHAND =
  /[｜|]([^｜|《》\n]{1,40})《([^《》\n]{1,60})》|([\p{Script=Han}々〆ヶ]{1,40})《([^《》\n]{1,60})》|\{([^{}|\n]{1,40})[|｜]([^{}|\n]{1,60})\}/gu;
const NEEDS_READING = /[\p{Script=Han}々〆]/u;
const FORMULA = /\$\$[^$]+\$\$|\$(?![\s$])[^$]*?(?<![\s\\])\$(?!\d)|\\\(.+?\\\)|\\\[.+?\\\]/gs;

/** The parts of a text: strings, and `{base, reading}` for each reading that was typed. Formulas are left alone, and
 * while somebody is typing also what may become one. */
export function parts(text, isTyping = false) {
  const formulas = [...text.matchAll(FORMULA)].map((found) => [found.index, found.index + found[0].length]);
  const found = [];
  let end = 0;
  for (const match of text.matchAll(SHORTHAND)) {
    const base = match[1] ?? match[3] ?? match[5];
    const reading = match[2] ?? match[4] ?? match[6];
    const isFormula = formulas.some(([from, to]) => match.index < to && match.index + match[0].length > from);
    const mayBecomeFormula = isTyping && text.slice(0, match.index).split("$").length % 2 === 0;
    if (isFormula || mayBecomeFormula || !NEEDS_READING.test(base)) continue;
    if (match.index > end) found.push(text.slice(end, match.index));
    found.push({ base: base.trim(), reading: reading.trim() });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push(text.slice(end));
  return found;
}

/** The element that shows a reading above characters. */
export function ruby(base, reading) {
  const element = document.createElement("ruby");
  const above = document.createElement("rt");
  above.textContent = reading;
  element.append(base, above);
  return element;
}

/** What is below the reading. */
export function baseOf(element) {
  return [...element.childNodes].filter((node) => !["RT", "RP"].includes(node.nodeName)).map((node) => node.textContent).join("");
}

/** Makes readings of all that was typed in short below `root`. Returns the last one, or nothing if there was none. */
export function convert(root, isTyping = false) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("ruby, pre, code")) texts.push(walker.currentNode);
  }
  let last = null;
  for (const text of texts) {
    const made = parts(text.data, isTyping);
    if (!made.some((part) => part.base)) continue;
    const nodes = made.map((part) => (part.base ? ruby(part.base, part.reading) : document.createTextNode(part)));
    text.replaceWith(...nodes);
    last = nodes.findLast((node) => node.nodeName === "RUBY") ?? last;
  }
  return last;
}
