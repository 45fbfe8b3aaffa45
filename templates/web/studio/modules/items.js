/* The comparisons of an issue by keys and by dragging; each has a button that does the same. */
import { act, submitEdit } from "./edit.js";
import { find } from "./swap.js";

const PRESS = { l: "l", p: "p", x: "x", e: "e", "Alt+ArrowUp": "up", "Alt+ArrowDown": "down" };
const ANYWHERE = { u: "#undo", r: "#redo" };

/** @returns {HTMLElement[]} */
const items = () => [...document.querySelectorAll("[data-item]")].map(one => /** @type {HTMLElement} */ (one));
const current = () => /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-item]"));

/** @param {number} step */
function walk(step) {
  const all = items();
  const here = current();
  const to = all[here ? all.indexOf(here) + step : step > 0 ? 0 : all.length - 1];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}

/** Opens or closes what a summary stands for, and goes to its first field.
 * @param {HTMLElement} summary */
function toggle(summary) {
  const details = /** @type {HTMLDetailsElement} */ (summary.parentElement);
  details.open = !details.open;
  (details.open ? find("textarea, input:not([type=hidden])", details) : current())?.focus();
}

/** Does what a key means on the edit page; says whether it means anything.
 * @param {KeyboardEvent} event @param {boolean} isTyping */
export function pressKey(event, isTyping) {
  if (!find("#edit")) return false;
  const here = current();
  if (event.key === "Escape" && here) {
    for (const one of here.querySelectorAll("details[open]")) one.removeAttribute("open");
    here.focus();
    return true;
  }
  if (event.key === "Escape" && isTyping && document.activeElement instanceof HTMLElement) {
    document.activeElement.blur(); // and the keys are the page's again
    return true;
  }
  if (isTyping && !event.altKey) return false;
  const key = (event.altKey ? "Alt+" : "") + event.key;
  if (key === "j" || key === "k") {
    walk(key === "j" ? 1 : -1);
    return true;
  }
  const anywhere = ANYWHERE[/** @type {keyof typeof ANYWHERE} */ (key)];
  const press = PRESS[/** @type {keyof typeof PRESS} */ (key)];
  const target = anywhere ? find(anywhere) : press && here && find(`[data-press="${press}"]`, here);
  if (!target) return false;
  if (target.localName === "summary") toggle(target);
  else target.click();
  return true;
}

/** @type {HTMLElement | null} */
let dragged = null;

/** @param {DragEvent} event @returns {HTMLElement | null} */
function placeOf(event) {
  const over = event.target instanceof Element ? event.target : null;
  return dragged && over ? over.closest("#picks > [data-item], #left-out") : null;
}

function clear() {
  for (const one of document.querySelectorAll(".over")) one.classList.remove("over");
}

export function startDragging() {
  document.addEventListener("pointerdown", event => {
    const grip = event.target instanceof Element && event.target.closest("[data-grip]");
    const item = /** @type {HTMLElement | null} */ (grip ? grip.closest("[data-item]") : null);
    if (item && event.pointerType === "mouse") item.draggable = true;
  });
  document.addEventListener("dragstart", event => {
    dragged = event.target instanceof HTMLElement && event.target.matches("[data-item]") ? event.target : null;
    if (dragged) event.dataTransfer?.setData("text/plain", dragged.dataset.slug || "");
  });
  document.addEventListener("dragover", event => {
    const place = placeOf(event);
    clear();
    if (!place || place === dragged) return;
    event.preventDefault();
    place.classList.add("over");
  });
  document.addEventListener("drop", event => {
    const place = placeOf(event);
    clear();
    if (!place || !dragged) return;
    event.preventDefault();
    const isIn = Boolean(dragged.dataset.place);
    if (place.id === "left-out") {
      if (isIn) toggle(/** @type {HTMLElement} */ (find("[data-press=x]", dragged)));
      return;
    }
    const fields = { do: `${isIn ? "move" : "add"}-${place.dataset.place}`, slug: dragged.dataset.slug || "" };
    act(new URLSearchParams(fields), dragged);
  });
  document.addEventListener("dragend", () => {
    if (dragged) dragged.draggable = false;
    dragged = null;
    clear();
  });
  document.addEventListener("keydown", event => {
    const area = event.target;
    if (event.key !== "Enter" || !(area instanceof HTMLTextAreaElement) || !area.hasAttribute("data-line")) return;
    event.preventDefault();
    if (area.form) submitEdit(area.form, null);
  });
}
