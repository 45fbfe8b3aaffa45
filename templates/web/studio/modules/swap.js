/* Puts a fetched page in place of the one that is open: focus, scroll and words stay. */

/** @type {(() => void)[]} */
const listeners = [];

/** Calls `act` now and whenever a page has been put in place. @param {() => void} act */
export function onShown(act) {
  listeners.push(act);
}

export function shown() {
  for (const act of listeners) act();
}

/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement | null} */
export function find(selector, within = document) {
  return within.querySelector(selector);
}

/** Tells screen readers what changed. @param {string} words */
export function say(words) {
  const region = find("#said");
  if (region && words) region.textContent = words;
}

/** Names an element so that its successor on the next page can be found.
 * @param {Element | null} element @returns {string} */
export function nameOf(element) {
  if (!element || element === document.body) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  const parent = element.parentElement;
  if (element.localName === "summary" && parent?.id) return `#${CSS.escape(parent.id)} > summary`;
  const label = element.getAttribute("aria-label");
  const name = element.getAttribute("name");
  const form = element.closest("form");
  const within = form ? `form[action="${CSS.escape(form.getAttribute("action") || "")}"] ` : "";
  const tag = element.localName;
  if (name) return `${within}${tag}[name="${CSS.escape(name)}"]`;
  if (label) return `${within}${tag}[aria-label="${CSS.escape(label)}"]`;
  return within && tag === "button" ? `${within}button` : "";
}

/** Shows a page in place of this one. @param {string} html @param {string} url */
export function show(html, url) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const main = find("#main", next);
  const here = find("#main");
  if (!main || !here) {
    location.assign(url);
    return;
  }
  const focused = nameOf(document.activeElement);
  const top = scrollY;
  here.replaceWith(main);
  document.title = next.title;
  const address = new URL(url, location.href);
  address.searchParams.delete("said");
  if (address.pathname === location.pathname) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  const same = focused && find(focused, main);
  const target = same || find("[role=alert]", main) || main;
  if (target !== same) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  scrollTo({ top, behavior: "instant" });
  say(find("[data-say]", main)?.dataset.say || "");
  shown();
}

/** Says above the page that something failed; what was typed stays. @param {string} words */
export function complain(words) {
  const notice = find("#trouble") || document.createElement("p");
  notice.id = "trouble";
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = words;
  find("#main")?.prepend(notice);
}

const AGAIN = 3000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;

/** Fetches the open page anew and shows it; tries again while the studio can't be reached. */
export async function refresh() {
  clearTimeout(again);
  try {
    const answer = await fetch(location.href);
    show(await answer.text(), answer.url);
  } catch {
    complain("The studio can't be reached. This page shows what it knew last, and goes on when it answers.");
    if (!document.hidden) again = setTimeout(refresh, AGAIN);
  }
}
