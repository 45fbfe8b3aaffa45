/* Says times in the reader's own zone beside the issue's, and counts down to one that is near. */
import { all, find, refresh } from "./swap.js";

const words = new Intl.DateTimeFormat("en-GB", { weekday: "long", hour: "2-digit", minute: "2-digit" });
/** @type {ReturnType<typeof setTimeout>} */
let alarm;
/** @type {ReturnType<typeof setInterval>} */
let counter;

/** The instant that a wall-clock time in `zone` names, in milliseconds. @param {string} wall @param {string} zone */
function instantOf(wall, zone) {
  const asUtc = Date.parse(`${wall}Z`);
  /** How far `zone` is ahead of UTC then. @param {number} then */
  const ahead = then => Date.parse(`${new Date(then).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T")}Z`) - then;
  return asUtc - ahead(asUtc - ahead(asUtc));
}

/** Says it in the `.yours` beside. @param {HTMLElement} one @param {number} moment @param {string} wall hours and minutes there */
function tell(one, moment, wall) {
  const note = find(".yours", /** @type {HTMLElement} */ (one.parentElement));
  const own = moment ? words.format(moment) : wall;
  if (note) note.textContent = own.includes(wall) ? "" : ` (${own} where you are)`;
}

export function tellTimes() {
  for (const one of all("time[data-yours]")) {
    const time = /** @type {HTMLTimeElement} */ (one);
    tell(time, Date.parse(time.dateTime), /\d\d:\d\d/.exec(time.innerText)?.[0] || "-");
  }
  for (const input of all("input[data-zone]")) {
    const field = /** @type {HTMLInputElement} */ (input);
    field.oninput = () => tell(field, instantOf(field.value, field.dataset.zone || "UTC"), field.value.slice(11));
    field.dispatchEvent(new Event("input"));
  }
  clearTimeout(alarm);
  clearInterval(counter);
  const due = find("[data-due]");
  if (!due || document.hidden) return;
  const left = Date.parse(due.dataset.due || "") - Date.now();
  alarm = setTimeout(refresh, Math.min(Math.max(left + 1500, 3000), 2e9));
  const shown = find("[data-countdown]");
  if (shown) counter = setInterval(count, 250, shown);
}

/** @param {HTMLElement} shown */
function count(shown) {
  const left = Math.ceil((Date.parse(shown.dataset.countdown || "") - Date.now()) / 1e3);
  shown.textContent = left > 0 ? `in ${left} second${left === 1 ? "" : "s"}` : "now";
}
