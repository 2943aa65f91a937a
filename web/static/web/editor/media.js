// The center's pictures: choosing one, and adding one.

import { element } from "./parts.js";

export class Shelf {
  constructor(address, token) {
    this.address = address;
    this.token = token;
    this.known = new Map();
  }

  async list(query) {
    const answer = await fetch(`${this.address}?${new URLSearchParams(query)}`, { credentials: "same-origin" });
    if (!answer.ok) throw new Error("The files cannot be listed at the moment.");
    const { items } = await answer.json();
    for (const item of items) this.known.set(item.id, item);
    return items;
  }

  async add(file) {
    const body = new FormData();
    body.append("file", file);
    const headers = { "X-CSRFToken": this.token };
    const answer = await fetch(this.address, { method: "POST", body, headers, credentials: "same-origin" });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.detail ?? "The file cannot be used.");
    this.known.set(told.id, told);
    return told;
  }

  /** Gives pictures below `root` the addresses that they have at the moment. */
  async show(root) {
    const images = [...root.querySelectorAll("img[data-media]")].filter((image) => !image.src);
    const missing = images.map((image) => image.dataset.media).filter((id) => !this.known.has(id));
    if (missing.length) await this.list({ ids: [...new Set(missing)].join(",") });
    for (const image of images) {
      const item = this.known.get(image.dataset.media);
      if (item) image.src = item.url;
    }
  }
}

/** Asks for a picture of the center; gives the chosen one, or nothing. */
export function choose(shelf) {
  return new Promise((resolve) => {
    const said = element("p", { class: "rt-said", role: "status" });
    const grid = element("div", { class: "rt-grid" });
    const search = element("input", { type: "search", placeholder: "Search by name", "aria-label": "Search by name" });
    const upload = element("input", { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", "aria-label": "Add a picture" });
    upload.hasChangeListener = true; // or the admin's theme writes the file's name into the first field of the page
    const close = element("button", { type: "button" }, "Close");
    const dialog = element("dialog", { class: "rt-dialog", "aria-label": "Choose a picture" },
      element("div", { class: "rt-row" }, search, upload, close), said, grid);

    const done = (item) => {
      dialog.close();
      dialog.remove();
      resolve(item);
    };
    const fill = async () => {
      try {
        const items = await shelf.list({ kind: "image", search: search.value });
        said.textContent = items.length ? "" : "There is no such picture yet.";
        grid.replaceChildren(...items.map((item) => {
          const image = element("img", { src: item.preview, alt: "", loading: "lazy" });
          const button = element("button", { type: "button", title: item.name }, image, element("span", {}, item.name));
          button.addEventListener("click", () => done(item));
          return button;
        }));
      } catch (error) {
        said.textContent = error.message;
      }
    };
    close.addEventListener("click", () => done(null));
    dialog.addEventListener("cancel", () => done(null));
    search.addEventListener("input", fill);
    upload.addEventListener("change", async () => {
      said.textContent = "One moment…";
      try {
        done(await shelf.add(upload.files[0]));
      } catch (error) {
        said.textContent = error.message;
      }
    });
    document.body.append(dialog);
    dialog.showModal();
    fill();
  });
}
