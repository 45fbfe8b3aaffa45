/* The edit page: saves as one goes, one save at a time, and shows what others change. */
import { forget, keep, kept } from "./drafts.js";
import { checkSoon, lookAt, renderMail, reveal } from "./mail.js";
import { find, nameOf, onShown, say } from "./swap.js";

const PAUSE = 900;
const RETRY = 3000;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
let queue = Promise.resolve();
let waiting = 0;
let swapping = false;
/** @type {EventSource | null} */
let source = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;

const edit = () => /** @type {HTMLElement} */ (find("#edit"));
const address = () => `${find("#workspace")?.dataset.action}/edit`;
/** @param {Element} box @returns {HTMLTextAreaElement} */
const areaOf = box => /** @type {HTMLTextAreaElement} */ (box.querySelector("textarea"));
/** @param {Element} area */
const boxOf = area => /** @type {HTMLElement} */ (area.closest("[data-field]"));
/** @param {ParentNode} [within] @returns {HTMLElement[]} */
const boxes = (within = edit()) => [...within.querySelectorAll("[data-field]")].map(one => /** @type {HTMLElement} */ (one));
/** @param {Element} box */
const isDirty = box => areaOf(box).value !== areaOf(box).defaultValue;

/** @returns {Record<string, string>} */
export function typed() {
  const dirty = boxes().filter(isDirty);
  return Object.fromEntries(dirty.map(box => [box.dataset.field || "", areaOf(box).value]));
}

/** @param {string} words @param {"" | "bad" | "busy"} [kind] */
function tell(words, kind = "") {
  const line = find("#saved");
  const place = find("#saved-words");
  if (!line || !place) return;
  line.dataset.kind = kind;
  if (place.textContent !== words) place.textContent = words;
  if (kind === "bad") say(words);
}

const tellSaved = () => boxes().some(isDirty) ? tell("Writing…", "busy") : tell(`Saved ${clock.format(new Date())}`);

/** Runs after what is in flight. @param {() => Promise<void>} work */
function then(work) {
  waiting += 1;
  queue = queue.then(work).finally(() => {
    waiting -= 1;
  });
  return queue;
}

/** @param {URLSearchParams | null} body @param {string} [url] */
async function ask(body, url = address()) {
  const answer = await fetch(url, body ? { method: "POST", body } : {});
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = find("#edit", page);
  if (!there) throw new Error(`status ${answer.status}`);
  return { there, ok: answer.ok, problem: find(".notice.bad[data-say]", there)?.dataset.say || "", url: answer.url };
}

/** @param {string} field */
async function save(field) {
  const box = boxes().find(one => one.dataset.field === field);
  if (!box || !isDirty(box) || "conflict" in box.dataset) return;
  const area = areaOf(box);
  const text = area.value;
  const seen = area.dataset.seen || "";
  try {
    const body = new URLSearchParams({ do: "save", seen, [`text:${field}`]: text, [`was:${field}`]: area.defaultValue });
    const { there, ok, problem } = await ask(body);
    const clash = find(`[data-field="${CSS.escape(field)}"][data-conflict]`, there);
    if (clash) {
      box.replaceWith(clash);
      tell("Not saved: both texts are shown", "bad");
      say(find("[data-say]", clash)?.dataset.say || "");
      return;
    }
    if (!ok) {
      tell(`Not saved, kept here: ${problem}`, "bad");
      return;
    }
    area.defaultValue = text;
    area.dataset.seen = there.dataset.revision || "";
    if (area.value === text) forget(field);
    else keep(field, { text: area.value, seen: area.dataset.seen });
    // What others changed meanwhile is shown when the editor asks for it: nothing moves by itself.
    if (Number(there.dataset.revision) <= Number(edit().dataset.revision) + 1) put(there);
    const by = find(`[data-field="${CSS.escape(field)}"] .by`, there);
    if (by && box.isConnected) find(".by", box)?.replaceWith(by);
    tellSaved();
  } catch {
    tell("The studio can't be reached. Your words are kept here and saved when it answers", "bad");
    later(RETRY);
  }
}

/** @type {(() => void) | null} */
let chosen = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let choosing;

/** Saves a choice. Arrow keys pass over others on their way to it: those are not meant.
 * @param {HTMLInputElement} radio */
function choose(radio) {
  const form = /** @type {HTMLFormElement} */ (radio.form);
  clearTimeout(choosing);
  chosen = () => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) fields.append(name, String(value));
    act(fields, document.activeElement);
  };
  choosing = setTimeout(settleChoice, radio.matches(":focus-visible") ? PAUSE : 0);
}

function settleChoice() {
  clearTimeout(choosing);
  const save = chosen;
  chosen = null;
  save?.();
}

/** Saves all that is not saved. */
export function saveAll() {
  clearTimeout(pause);
  settleChoice();
  for (const box of boxes()) if (isDirty(box)) then(() => save(box.dataset.field || ""));
  return queue;
}

/** Leaves for another page once all is saved; what can't be saved keeps the page open, and is told.
 * @param {HTMLAnchorElement} link */
async function leaveBy(link) {
  await saveAll();
  if (boxes().some(isDirty)) find("#saved")?.scrollIntoView({ block: "center" });
  else location.assign(link.href);
}

/** @param {number} wait */
function later(wait) {
  clearTimeout(pause);
  pause = setTimeout(saveAll, wait);
}

/** Puts a page's list in place of this one: focus, what is open, and what is being written stay.
 * @param {HTMLElement} there @param {Element | null} [toFocus] */
function put(there, toFocus = document.activeElement) {
  const here = edit();
  const name = nameOf(toFocus);
  const area = toFocus instanceof HTMLTextAreaElement ? toFocus : null;
  const at = area && [area.selectionStart, area.selectionEnd];
  swapping = true;
  for (const one of here.querySelectorAll("details[open][id]")) find(`#${CSS.escape(one.id)}`, there)?.setAttribute("open", "");
  for (const one of here.querySelectorAll("[data-checks]")) {
    const two = find(`#${CSS.escape(one.id)}`, there);
    if (two && !two.innerHTML.trim()) two.innerHTML = one.innerHTML;
  }
  for (const box of boxes(here)) {
    const other = find(`[data-field="${CSS.escape(box.dataset.field || "")}"]`, there);
    const mine = areaOf(box);
    if (!other || "conflict" in other.dataset) continue;
    if (!isDirty(box) && !("conflict" in box.dataset)) {
      if (mine !== toFocus) continue;
      if (areaOf(other).value === mine.value) mine.dataset.seen = areaOf(other).dataset.seen;
    }
    other.replaceWith(box);
  }
  const top = scrollY;
  here.replaceWith(there);
  const again = name && find(name, there);
  const item = toFocus?.closest("[data-item]")?.id;
  const target = again && !again.matches(":disabled") ? again : item ? find(`#${CSS.escape(item)}`) : null;
  target?.focus({ preventScroll: true });
  if (area && at && document.activeElement === area) area.setSelectionRange(at[0], at[1]);
  scrollTo({ top, behavior: "instant" });
  swapping = false;
}

/** Makes a change other than of a text. @param {URLSearchParams} fields @param {Element | null} focus */
export function act(fields, focus) {
  for (const name of [...fields.keys()]) if (/^(text|was):/.test(name)) fields.delete(name);
  saveAll();
  return then(async () => {
    fields.set("seen", edit().dataset.revision || "");
    try {
      const { there, url } = await ask(fields);
      put(there, focus);
      const done = find("#saved[data-say]", there)?.dataset.say;
      const problem = find(".notice.bad[data-say]", there)?.dataset.say;
      say(problem || done || "");
      if (problem) find("[role=alert]", there)?.scrollIntoView({ block: "center" });
      else tellSaved();
      const target = new URL(url).hash && find(`#${CSS.escape(decodeURIComponent(new URL(url).hash.slice(1)))}`);
      if (target && !edit().contains(document.activeElement)) target.focus({ preventScroll: true });
      renderMail(typed());
    } catch {
      tell("The studio can't be reached: nothing was changed", "bad");
    }
  });
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
export function submitEdit(form, submitter) {
  const box = submitter?.closest("[data-conflict]");
  if (box) {
    const was = /** @type {HTMLInputElement} */ (find("input[name^='was:']", box));
    const area = areaOf(box);
    const mine = area.value;
    area.defaultValue = was.value; // which is shown too, where nobody has typed since
    area.value = mine;
    settle(/** @type {HTMLElement} */ (box));
    saveAll();
    return;
  }
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) fields.append(name, String(value));
  if (form.method === "get") {
    const search = new URL(form.action);
    search.search = fields.toString();
    if (!edit().contains(form)) lookAt(search.href, typed());
    else then(async () => {
      history.replaceState(null, "", `${search.pathname}${search.search}`);
      put((await ask(null, search.href)).there);
      const count = document.querySelectorAll("#matches [data-item]").length;
      say(count ? `${count} found` : "Nothing found");
    });
    return;
  }
  const item = submitter?.closest("[data-item]");
  const isGone = fields.get("do") === "drop" || fields.get("do") === "add";
  act(fields, isGone && item ? item.nextElementSibling || item.previousElementSibling : submitter);
}

/** Ends a conflict. @param {HTMLElement} box */
function settle(box) {
  delete box.dataset.conflict;
  find(".clash", box)?.remove();
}

/** Takes the other's text of a conflict. @param {HTMLElement} box */
function takeTheirs(box) {
  const area = areaOf(box);
  const was = /** @type {HTMLInputElement} */ (find("input[name^='was:']", box));
  area.defaultValue = area.value = was.value;
  forget(box.dataset.field || "");
  settle(box);
  area.focus();
  tellSaved();
  renderMail(typed());
}

/** Shows what others have changed; what is being written stays. */
async function showOthers() {
  await then(async () => put((await ask(null, location.href)).there));
  const hint = find("#hint");
  if (hint) hint.hidden = true;
  renderMail(typed());
}

function listen() {
  source?.close();
  source = null;
  if (!find("#workspace") || document.hidden) return;
  const { revision = "", state = "" } = edit().dataset;
  source = new EventSource(`${find("#workspace")?.dataset.action}/events?seen=${revision}&state=${state}`);
  source.addEventListener("templates", () => renderMail(typed()));
  source.addEventListener("change", event => then(async () => {
    const news = JSON.parse(event.data);
    const hint = find("#hint");
    if (!hint || (news.revision <= Number(edit().dataset.revision) && news.state === edit().dataset.state)) return;
    const button = document.createElement("button");
    button.className = "plain small";
    button.textContent = "Show it";
    button.type = "button";
    button.onclick = showOthers;
    hint.replaceChildren(`${news.said}. `, button);
    hint.hidden = false;
    say(news.said);
  }));
}

/** Brings back what was written here and not saved. */
function bringBack() {
  for (const box of boxes()) {
    const draft = kept(box.dataset.field || "");
    const area = areaOf(box);
    if (!draft || area.readOnly || "conflict" in box.dataset) continue;
    if (draft.text === area.value) {
      forget(box.dataset.field || "");
      continue;
    }
    area.value = draft.text;
    area.dataset.seen = draft.seen;
  }
  if (!boxes().some(isDirty)) return checkSoon();
  tell("Words that were not saved are back", "busy");
  renderMail(typed());
  saveAll();
}

/** @param {Event} event */
function onInput(event) {
  const area = event.target;
  if (!(area instanceof HTMLTextAreaElement) || !boxOf(area)) return;
  keep(boxOf(area).dataset.field || "", { text: area.value, seen: area.dataset.seen || "" });
  if (find("#saved")?.dataset.kind !== "bad") tell("Writing…", "busy");
  renderMail(typed());
  later(PAUSE);
}

export function startEditing() {
  onShown(() => {
    listen();
    if (find("#edit")) bringBack();
  });
  document.addEventListener("input", onInput);
  document.addEventListener("focusin", event => {
    const box = event.target instanceof Element && event.target.closest("[data-field], [data-item]");
    if (box && !swapping && edit()?.contains(box)) reveal(box);
  });
  document.addEventListener("focusout", event => {
    if (!swapping && event.target instanceof HTMLTextAreaElement && boxOf(event.target)) saveAll();
  });
  document.addEventListener("change", event => {
    const one = event.target;
    if (one instanceof HTMLInputElement && one.type === "radio" && edit()?.contains(one) && one.form) choose(one);
  });
  document.addEventListener("click", event => {
    const link = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest("a[href]"));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!link.matches("[data-theirs], [data-look]")) {
      if (!edit() || link.target || link.hash || !(chosen || boxes().some(isDirty))) return;
      event.preventDefault();
      leaveBy(link);
      return;
    }
    event.preventDefault();
    if (link.hasAttribute("data-theirs")) takeTheirs(boxOf(link));
    else lookAt(link.getAttribute("href") || "", typed());
  });
  document.addEventListener("visibilitychange", () => {
    if (!find("#workspace")) return;
    if (document.hidden) saveAll();
    listen();
  });
  addEventListener("online", () => find("#workspace") && saveAll());
}
