// The live board of a room.

import { Socket } from "../exam/socket.js";
import { call, http } from "./api.js";
import { data, el, figure, number, show, table } from "./dom.js";
import { start } from "./who.js";

start(async () => {
  const room = await call("GET", `exam-assignments/${data.room}/`);
  const state = el("p", { class: "quiet" }, "Connecting…");
  const place = el("div", {});
  show(el("h1", {}, room.title), state, place);
  let seen = -1;
  new Socket(`/ws/leaderboards/${data.room}/`, "leaderboards", {
    http,
    state(what, event) {
      if (what === "open") state.textContent = "Live: moves as papers are handed in.";
      else if (event?.code === 4403 || event?.code === 4404) state.textContent = "The board of this exam is not shown, or not yet.";
      else state.textContent = "Connection lost; trying again…";
    },
    message(board) {
      if (board.type !== "board" || board.version < seen) return;
      seen = board.version;
      place.replaceChildren(...view(board));
    },
  });
});

function view(board) {
  const rows = board.top.map((row) => ({ row, cells: [String(row.rank), row.name || "…", number(row.score), number(row.percentile)] }));
  const headings = [["Rank", "num"], ["Name", ""], ["Score", "num"], ["Percentile", "num"]];
  const mine = board.me?.rank ? el("div", { class: "figures" },
    figure(String(board.me.rank), "your rank"), figure(number(board.me.score), "your score"),
    figure(number(board.me.percentile), "your percentile")) : null;
  const isMe = ({ row }) => Boolean(board.me) && row.rank === board.me.rank && row.name === board.me.name;
  const list = rows.length ? table(headings, rows, isMe) : el("p", { class: "quiet" }, "Nobody has handed in yet.");
  return [mine, list].filter(Boolean);
}
