/* Keys of the studio: `data-key` on a control is the key that presses or focuses it: of the
comparison that has the focus, else of the page. */
import { active, all, find, focusOn, on } from "./swap.js";

const TYPED = "input:not([type=radio], [type=checkbox]), textarea, select";
const current = () => /** @type {HTMLElement | null} */ (active()?.closest("[data-item]"));

/** @param {number} step */
function walk(step) {
  const items = all("[data-item]");
  const here = current();
  const to = items[here ? items.indexOf(here) + step : step > 0 ? 0 : items.length - 1];
  focusOn(to);
  to?.scrollIntoView({ block: "nearest" });
}

/** Opens or closes what a summary stands for, and goes to its first field.
 * @param {HTMLElement} summary */
export function toggle(summary) {
  const details = /** @type {HTMLDetailsElement} */ (summary.parentElement);
  details.open = !details.open;
  (details.open ? find("textarea, input:not([type=hidden])", details) : current())?.focus();
}

/** Closes what is open in a comparison, or leaves a field, so that the keys are the page's again.
 * @param {HTMLElement | null} here */
function leave(here) {
  for (const one of here ? all("details[open]", here) : []) one.removeAttribute("open");
  if (here) here.focus();
  else /** @type {HTMLElement} */ (active()).blur();
}

/** Does what a key means; says whether it means anything. @param {KeyboardEvent} event */
function press(event) {
  const here = current();
  const isTyping = event.target instanceof Element && event.target.matches(TYPED);
  if (event.key === "Escape" && (here || (isTyping && find("#edit")))) {
    leave(here);
    return true;
  }
  if (isTyping && !event.altKey) return false;
  if (!here && "ur".includes(event.key)) return false; // words that miss their field undo nothing
  const key = `[data-key="${CSS.escape((event.altKey ? "Alt+" : "") + event.key)}"]`;
  const step = event.altKey ? 0 : { j: 1, k: -1 }[event.key];
  const control = (here && find(key, here)) || find(`#main ${key}:not([data-item] *)`);
  if (step && find("#edit")) walk(step);
  else if (control?.matches(TYPED)) control.focus();
  else if (control?.matches("[data-item] summary")) toggle(control);
  else control?.click();
  return Boolean(step || control);
}

export function startKeys() {
  on("keydown", event => {
    if (!event.ctrlKey && !event.metaKey && press(event)) event.preventDefault();
  });
}
