/* Says times in the reader's own zone beside the issue's, and counts down to one that is near. */
import { find, refresh } from "./swap.js";

const LATEST = 2 ** 31 - 1;
const words = new Intl.DateTimeFormat("en-GB", { weekday: "long", hour: "2-digit", minute: "2-digit" });
/** @type {ReturnType<typeof setTimeout> | undefined} */
let alarm;
/** @type {ReturnType<typeof setInterval> | undefined} */
let counter;

/** Milliseconds that `zone` is ahead of UTC at `moment`. @param {Date} moment @param {string} zone */
function ahead(moment, zone) {
  const there = new Date(`${moment.toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T")}Z`);
  return there.getTime() - Math.floor(moment.getTime() / 1000) * 1000;
}

/** The instant that a wall-clock time in `zone` names. @param {string} wall @param {string} zone */
function instantOf(wall, zone) {
  const asUtc = new Date(`${wall}Z`).getTime();
  const guess = new Date(asUtc - ahead(new Date(asUtc), zone));
  return new Date(asUtc - ahead(guess, zone));
}

/** @param {HTMLElement} beside @param {Date} moment @param {string} wall hours and minutes there */
function tell(beside, moment, wall) {
  let note = /** @type {HTMLElement | null} */ (beside.nextElementSibling);
  if (!note?.classList.contains("yours")) {
    note = document.createElement("small");
    note.className = "yours";
    beside.after(note);
  }
  const own = isNaN(moment.getTime()) ? "" : words.format(moment);
  note.textContent = !own || own.includes(wall) ? "" : ` (${own} where you are)`;
}

export function tellTimes() {
  for (const time of document.querySelectorAll("time[data-yours]")) {
    const moment = new Date(time.getAttribute("datetime") || "");
    tell(/** @type {HTMLElement} */ (time), moment, /\d\d:\d\d/.exec(time.textContent || "")?.[0] || "-");
  }
  for (const input of document.querySelectorAll("input[data-zone]")) {
    const field = /** @type {HTMLInputElement} */ (input);
    const show = () => tell(field, instantOf(field.value, field.dataset.zone || "UTC"), field.value.slice(11));
    field.oninput = show;
    show();
  }
  clearTimeout(alarm);
  clearInterval(counter);
  const due = find("[data-due]");
  if (!due || document.hidden) return;
  const left = new Date(due.dataset.due || "").getTime() - Date.now();
  alarm = setTimeout(refresh, Math.min(Math.max(left + 1500, 3000), LATEST));
  const shown = find("[data-countdown]");
  if (shown) counter = setInterval(() => count(shown), 250);
}

/** @param {HTMLElement} shown */
function count(shown) {
  const left = Math.ceil((new Date(shown.dataset.countdown || "").getTime() - Date.now()) / 1000);
  const text = left > 0 ? `in ${left} ${left === 1 ? "second" : "seconds"}` : "now";
  if (shown.textContent !== text) shown.textContent = text;
}
