// What a text may hold, as the server has it too: it cleans again whatever is sent.

const TAGS = new Set(
  ("br p div h3 h4 h5 h6 blockquote pre hr ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td " +
    "b i u em strong sub sup s small code span ruby rb rt rp rtc img").split(" "),
);
const ATTRIBUTES = {
  img: ["alt", "width", "height"],
  td: ["colspan", "rowspan"],
  th: ["colspan", "rowspan", "scope"],
  ol: ["start", "type"],
};
// Neither these nor what is in them is ever read.
const DROPPED = new Set(["script", "style"]);
// Left out before anything is read, or the page's policy would complain of each: they would be gone afterwards anyway.
const STYLES = /<style\b[^]*?<\/style\s*>/gi;
const TAG = /<[a-z][^<>]*>/gi;
const ACTING = /\s(?:style|on\w+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi;
// A document of its own: what is made there is neither fetched nor run.
const inert = document.implementation.createHTMLDocument("");
const MEDIA = /(?:^media:|\/media\/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i;

/** The id of one of the center's files in an address or reference; nothing for other pictures. */
export function mediaId(image) {
  const found = MEDIA.exec(image.dataset?.media ? `media:${image.dataset.media}` : image.getAttribute("src") ?? "");
  return found ? found[1].toLowerCase() : "";
}

/** A copy of what is in `node` that holds nothing but what is allowed. It belongs to no page, so nothing in it runs. */
export function cleaned(node, into = inert.createDocumentFragment()) {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) into.append(words(child.data));
    if (child.nodeType === Node.ELEMENT_NODE) add(child, into);
  }
  return into;
}

/** Without the places that carets need, and with plain spaces where a browser wrote one that cannot break. */
function words(text) {
  return text.replace(/\u200b/g, "").replace(/(?<![\s\u00a0])\u00a0(?![\s\u00a0])/g, " ");
}

function add(element, into) {
  const name = element.localName;
  if (DROPPED.has(name)) return;
  if (name === "img") {
    const id = mediaId(element);
    if (id) into.append(picture(element, id));
    return;
  }
  if (!TAGS.has(name)) {
    cleaned(element, into); // its words stay
    return;
  }
  const copy = inert.createElement(name);
  for (const attribute of ATTRIBUTES[name] ?? []) {
    if (element.hasAttribute(attribute)) copy.setAttribute(attribute, element.getAttribute(attribute));
  }
  if (element.lang) copy.lang = element.lang;
  cleaned(element, copy);
  if (name === "span" && !copy.lang) into.append(...copy.childNodes);
  else into.append(copy);
}

function picture(element, id) {
  const copy = inert.createElement("img");
  copy.dataset.media = id;
  for (const attribute of ATTRIBUTES.img) {
    if (element.hasAttribute(attribute)) copy.setAttribute(attribute, element.getAttribute(attribute));
  }
  return copy;
}

/** HTML from anywhere as a cleaned fragment. It is read in a document of its own: nothing is fetched and nothing runs. */
export function parsed(html) {
  const holder = inert.createElement("template");
  holder.innerHTML = html.replace(STYLES, "").replace(TAG, (tag) => tag.replace(ACTING, ""));
  return cleaned(holder.content);
}

/** Plain text as a fragment of paragraphs. */
export function plain(text) {
  const fragment = inert.createDocumentFragment();
  text.split(/\r\n?|\n/).forEach((line, place) => {
    if (place) fragment.append(inert.createElement("br"));
    fragment.append(line);
  });
  return fragment;
}

/** The text to be sent: pictures by their ids, and nothing at all where there is nothing to read. */
export function written(node) {
  const holder = inert.createElement("div");
  holder.append(cleaned(node));
  for (const image of holder.querySelectorAll("img")) {
    image.setAttribute("src", `media:${image.dataset.media}`);
    image.removeAttribute("data-media");
  }
  const isEmpty = !holder.textContent.trim() && !holder.querySelector("img, table, hr");
  return isEmpty ? "" : holder.innerHTML.trim();
}
