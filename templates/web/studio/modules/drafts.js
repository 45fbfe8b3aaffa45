/* Keeps texts that are not saved yet in the browser, so that no word is lost. */
import { find } from "./swap.js";

/** @typedef {{ text: string, seen: string }} Draft */

/** @param {string} field */
const key = field => `studio/${find("#workspace")?.dataset.issue}/${field}`;

/** @param {string} field @param {Draft} draft */
export function keep(field, draft) {
  try {
    localStorage.setItem(key(field), JSON.stringify(draft));
  } catch {
    // No room, or not allowed: the words are still in their field.
  }
}

/** @param {string} field */
export function forget(field) {
  try {
    localStorage.removeItem(key(field));
  } catch {
    // As above.
  }
}

/** @param {string} field @returns {Draft | null} */
export function kept(field) {
  try {
    return JSON.parse(localStorage.getItem(key(field)) || "null");
  } catch {
    return null;
  }
}
