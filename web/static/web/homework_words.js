// What the pages of homework and receipts say, in English and Japanese; other languages read English.

import { bilingual, language } from "./words.js";

const WORDS = {
  homework: ["Homework", "宿題"],
  yourHomework: ["Your homework", "あなたの宿題"],
  allHomework: ["All homework", "宿題一覧"],
  none: ["There is no homework.", "宿題はありません。"],
  newHomework: ["New homework", "宿題を作る"],
  toDo: ["To do", "これからの宿題"],
  over: ["Past", "過去の宿題"],
  due: ["Due {}", "締め切り: {}"],
  wasDue: ["Was due {}", "締め切り: {}（終了）"],
  soon: ["{} left", "あと{}"],
  days: ["{} days", "{}日"],
  hours: ["{} hours", "{}時間"],
  minutes: ["{} minutes", "{}分"],
  "Not Started": ["Not started", "未着手"],
  "In Progress": ["In progress", "進行中"],
  Completed: ["Done", "提出済み"],
  doneOf: ["{} of {} done", "{1}件中{0}件提出済み"],
  start: ["Start", "始める"],
  goOn: ["Continue", "続ける"],
  again: ["Once more", "もう一度"],
  practise: ["Practise", "練習する"],
  practiceHelp: ["Practice counts for nothing.", "練習は成績に含まれません。"],
  practiceNow: ["This is practice: it counts for nothing.", "これは練習です。成績に含まれません。"],
  quiz: ["Quiz", "クイズ"],
  mock_test: ["Test", "テスト"],
  questions: ["{} questions", "{}問"],
  time: ["{} min", "{}分"],
  attemptsOf: ["attempt {} of {}", "{1}回中{0}回"],
  marks: ["{} of {} marks", "{1}点中{0}点"],
  later: ["Results are shown after the deadline.", "結果は締め切り後に表示されます。"],
  attempts: ["Your attempts", "これまでの回答"],
  item: ["Item", "項目"],
  score: ["Marks", "得点"],
  ended: ["Handed in", "提出"],
  result: ["Result", "結果"],
  receipt: ["Receipt", "受領証"],
  back: ["Back to the homework", "宿題に戻る"],
  home: ["Start page", "トップページ"],
  clock: ["The clock starts when you start, and runs on the server. Every answer is saved as you give it: if you lose the connection or close this page, come back here.", "「始める」を押すと時間が始まり、サーバーで計測されます。回答はその都度保存されます。接続が切れても、ここに戻れば続きから始められます。"],
  checks: ["You may check single answers. A checked answer is final.", "一問ずつ答え合わせができます。確認した回答は変更できません。"],
  ends: ["What is not handed in ends with the deadline.", "締め切りになると、提出していないものも終了します。"],
  extra: ["{} minutes of it are yours by your accommodation.", "うち{}分は配慮による延長です。"],
  fromNow: ["If you begin now, you have {} minutes until the deadline.", "今始めると、締め切りまで{}分です。"],
  passes: ["{} % of the marks pass.", "合格は{}％以上です。"],
  change: ["Change", "変更する"],
  students: ["Students", "学生"],
  name: ["Name", "名前"],
  done: ["Done", "提出"],
  nobody: ["It is for nobody yet.", "対象者がいません。"],
  title: ["Title", "タイトル"],
  description: ["Description", "説明"],
  deadline: ["Deadline, in your time zone ({})", "締め切り（{}の時刻）"],
  quizzes: ["Quizzes", "クイズ"],
  tests: ["Tests", "テスト"],
  groups: ["Groups", "グループ"],
  people: ["People by name", "個人"],
  shown: ["Results are shown as soon as they are marked", "採点後すぐに結果を表示する"],
  checking: ["Single answers may be checked", "一問ごとの答え合わせ"],
  NEVER: ["Never", "なし"],
  QUIZZES: ["In quizzes", "クイズのみ"],
  ALWAYS: ["Always", "常に"],
  practice: ["Practice", "練習"],
  AFTER_DEADLINE: ["After the deadline", "締め切り後"],
  counting: ["Of several attempts counts", "成績になる回"],
  BEST: ["The best", "最高点"],
  LAST: ["The last", "最後"],
  FIRST: ["The first", "最初"],
  allowed: ["Attempts for each item", "各項目の回数"],
  make: ["Give it", "出題する"],
  save: ["Save", "保存する"],
  cancel: ["Cancel", "キャンセル"],
  remove: ["Delete", "削除する"],
  removeAsk: ["Delete {}?", "{} を削除しますか。"],
  removeHelp: ["Only homework on which nobody has worked can be deleted.", "誰も取り組んでいない宿題だけ削除できます。"],
  saved: ["Saved.", "保存しました。"],
  unchanged: ["Nothing has changed.", "変更はありません。"],
  noQuizzes: ["Nothing can be given yet: make a quiz or publish a test first.", "出題できるものがありません。先にクイズを作るか、テストを公開してください。"],
  notStaff: ["Homework is given by teachers and admins.", "宿題は講師と管理者が出題します。"],
  somebody: ["Somebody you cannot see", "表示できない人"],
  check: ["Check the answer", "答え合わせ"],
  CORRECT: ["Right.", "正解です。"],
  PARTIAL: ["Partly right.", "一部正解です。"],
  WRONG: ["Wrong.", "不正解です。"],
  BLANK: ["No answer.", "無回答です。"],
  costs: ["right {}, wrong {}", "正解 {}、不正解 {}"],
  seconds: ["{} s", "{}秒"],
  secondsLeft: ["{} s left", "残り{}秒"],
  timeUp: ["Time is up", "時間切れ"],
  receiptHelp: ["This number proves what you handed in: it is worked out from every answer in the order in which it arrived. Keep it.", "この番号は、提出した内容を証明するものです。届いた順のすべての回答から計算されます。保管してください。"],
  number: ["Receipt number", "受領番号"],
  frozen: ["Handed in {}", "提出: {}"],
  entries: ["{} answers in the journal", "記録された回答: {}件"],
  intact: ["The journal gives this number still.", "記録は現在もこの番号と一致します。"],
  broken: ["The journal does not give this number any more. Tell your center.", "記録がこの番号と一致しません。センターに連絡してください。"],
  copy: ["Copy", "コピー"],
  print: ["Print", "印刷"],
  checkReceipt: ["Check a receipt", "受領証の確認"],
  checkHelp: ["Whoever holds the number of an attempt and its receipt learns whether they belong together, and nothing else.", "受験番号と受領番号が一致するかどうかだけを確認できます。"],
  attempt: ["Attempt", "受験番号"],
  ask: ["Check", "確認する"],
  yes: ["Yes: this receipt is genuine.", "はい。この受領証は本物です。"],
  no: ["No: these do not belong together.", "いいえ。一致しません。"],
  passed: ["passed", "合格"],
  failed: ["not passed", "不合格"],
  didNot: ["That did not work", "うまくいきませんでした"],
};

export const h = bilingual(WORDS);

// The minutes of an item: one's own, where the server tells them.
export const minutesOf = (item) => Math.ceil((item.my_seconds?.total ?? item.seconds) / 60);

export const locale = () => (language() === "ja" ? "ja" : "en");

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// In the reader's own zone, which is said.
export function moment(text) {
  return text ? new Date(text).toLocaleString(locale(), { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }) : "";
}

// How long until then, in the largest unit that says something.
export function left(text, now = Date.now()) {
  const minutes = Math.max(0, Math.round((Date.parse(text) - now) / 60000));
  if (minutes >= 2 * 1440) return h("days", Math.floor(minutes / 1440));
  return minutes >= 120 ? h("hours", Math.floor(minutes / 60)) : h("minutes", minutes);
}
