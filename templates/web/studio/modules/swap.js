/* Fetches pages and puts them in place of the one that is open: focus, scroll and words stay. */

export const AWAY = "The studio can't be reached";
/** @type {(() => void)[]} */
const listeners = [];

/** Calls `act` now and whenever a page has been put in place. @param {() => void} act */
export const onShown = act => listeners.push(act);

export function shown() {
  for (const act of listeners) act();
}

/** Calls `act` with every such event of the document.
 * @template {keyof DocumentEventMap} T
 * @param {T} type @param {(event: DocumentEventMap[T]) => void} act */
export const on = (type, act) => document.addEventListener(type, act);

/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement | null} */
export const find = (selector, within = document) => within.querySelector(selector);

/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement[]} */
export const all = (selector, within = document) => [...within.querySelectorAll(selector)].map(one => /** @type {HTMLElement} */ (one));

/** @param {string} id @param {ParentNode} [within] */
export const byId = (id, within) => find(`#${CSS.escape(id)}`, within);

/** What an event happened to, or what it stands in, by a selector.
 * @param {Event} event @param {string} selector @returns {HTMLElement | null} */
export const around = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;

/** Tells screen readers what changed. @param {string | null} [words] */
export function say(words) {
  const region = find("#said");
  if (region && words) region.textContent = words;
}

/** What a page wants to have said. @param {string} selector @param {ParentNode} within */
export const wordsOf = (selector, within) => find(`${selector}[data-say]`, within)?.dataset.say || "";

/** The fields of a form, files aside. @param {HTMLFormElement} form @param {HTMLElement | null} [submitter] */
export const fieldsOf = (form, submitter) => new URLSearchParams(/** @type {*} */ (new FormData(form, submitter)));

export const active = () => document.activeElement;

/** Focuses without scrolling. @param {HTMLElement | null} [one] */
export const focusOn = one => one?.focus({ preventScroll: true });

/** Fetches a page; posts to it if there is a body. @param {string | URL} url @param {BodyInit} [body] */
export async function read(url, body) {
  const answer = await fetch(url, /** @type {*} */ (body && { method: "POST", body }));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { page, ok: answer.ok, url: answer.url };
}

/** Names an element so that its successor on the next page can be found.
 * @param {Element | null} element @returns {string} */
export function nameOf(element) {
  const form = element?.closest("form");
  if (!element || element === document.body) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.localName === "summary") return `${nameOf(element.parentElement)} > summary`;
  if (!form) return "";
  const kind = ["name", "aria-label"].find(one => element.getAttribute(one));
  const which = kind ? `[${kind}="${CSS.escape(element.getAttribute(kind) || "")}"]` : "";
  return `form[action="${CSS.escape(form.getAttribute("action") || "")}"] ${element.localName}${which}`;
}

/** Shows a page in place of this one. @param {{ page: Document, url: string }} answer */
export function show({ page, url }) {
  const main = find("#main", page);
  if (!main) return location.assign(url);
  const focused = nameOf(active());
  const top = scrollY;
  find("#main")?.replaceWith(main);
  document.title = page.title;
  const address = new URL(url);
  address.searchParams.delete("said");
  history[address.pathname === location.pathname ? "replaceState" : "pushState"](null, "", address);
  const same = focused && find(`details:not([open]):has(${focused})>summary,${focused}`, main);
  const target = same || find("[role=alert]:not([hidden])", main) || main;
  if (!same) target.tabIndex = -1;
  focusOn(target);
  scrollTo({ top, behavior: "instant" });
  say(wordsOf("", main));
  shown();
}

/** Says above the page that something failed; what was typed stays. @param {string} words */
export function complain(words) {
  const notice = /** @type {HTMLElement} */ (find("#trouble"));
  notice.hidden = false;
  notice.textContent = words;
}

/** @type {ReturnType<typeof setTimeout>} */
let again;

/** Fetches the open page anew and shows it; tries again while the studio can't be reached. */
export async function refresh() {
  clearTimeout(again);
  try {
    show(await read(location.href));
  } catch {
    complain(`${AWAY}. This is what it knew last.`);
    if (!document.hidden) again = setTimeout(refresh, 3000);
  }
}
