/* Submits forms without leaving the page; what can't be sent stays in its field. */
import { submitEdit } from "./edit.js";
import { AWAY, complain, fieldsOf, find, on, onShown, read, show } from "./swap.js";

let path = "";

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
async function submit(form, submitter) {
  const fields = fieldsOf(form, submitter);
  const isFile = form.enctype === "multipart/form-data";
  const address = new URL(form.action);
  if (form.method === "get") address.search = fields.toString();
  form.ariaBusy = "true";
  try {
    show(await read(address, form.method === "get" ? undefined : isFile ? new FormData(form, submitter) : fields));
  } catch {
    complain(`${AWAY}. Your words are still here.`);
  } finally {
    form.ariaBusy = null;
  }
}

export function onForms() {
  on("submit", event => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!find("#main")?.contains(form)) return;
    event.preventDefault();
    if (find("#workspace")?.contains(form)) submitEdit(form, event.submitter);
    else if (!form.ariaBusy) submit(form, event.submitter);
  });
  on("change", event => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    const { form } = field;
    if (form?.matches("[data-live]")) form.requestSubmit();
    if (form?.at === field) form.when.value = "at"; // whoever picks a time means that one
  });
  onShown(() => path = location.pathname);
  addEventListener("popstate", () => location.pathname === path || location.reload());
}
