/* Keys of the studio: `data-key` on a control is the key that presses or focuses it. */
import { pressKey } from "./items.js";
import { find } from "./swap.js";

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}

export function startKeys() {
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey) return;
    if (pressKey(event, isTyping(event.target))) return event.preventDefault();
    if (event.altKey || isTyping(event.target)) return;
    const control = find(`#main [data-key="${CSS.escape(event.key)}"]`);
    if (!control) return;
    event.preventDefault();
    if (control.matches("input, select, textarea")) control.focus();
    else control.click();
  });
}
