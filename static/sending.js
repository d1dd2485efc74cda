// A form that does not arrive says so beside its button, keeps what was typed, and can be sent again: without a network,
// when the server fails or takes too long, when its sign-in has ended or another one has begun. Without this script the
// server gives back what was typed (codelivery/unsent.py).
//
// A form is sent by a request of this script. If the answer is a page, the browser sends the form once more by itself, to
// show that page; both carry the same key, so that the server does the work once (codelivery/sending.py).

const PATIENCE = 60_000; // milliseconds
const UNSEEN = [0, 500, 502, 503, 504]; // statuses after which nobody knows what was done; 0 is no answer at all

/** @type {Record<number, string>} */
const REASONS = {
  0: "The catalogue cannot be reached.",
  403: "You may not do this as who you are signed in now, perhaps in another tab.",
  404: "What this belongs to is not there any more.",
  410: "What this belongs to has been withdrawn.",
  413: "This is more than is taken at once.",
  429: "These were too many attempts; wait a few minutes.",
};
const FAILED = "The catalogue failed to answer.";
const ANEW = "You have signed in anew since this page was opened.";
const KEPT = "What you typed is still here: try again.";

/** @type {WeakMap<Element, { text: string, key: string }>} */
const keys = new WeakMap();
/** @type {WeakSet<Element>} */
let sending = new WeakSet();
/** @type {WeakSet<Element>} */
let passing = new WeakSet(); // forms that the browser sends by itself
let leaving = false; // the reader has gone on to another page meanwhile

// What is said beside a button

/** @type {(place: Element) => void} */
function hush(place) {
  for (const said of (place.closest("form") ?? place.parentElement)?.querySelectorAll(".not-sent") ?? []) said.remove();
}

/** @type {(form: Element) => Element} */
const buttonOf = (form) => form.querySelector("button:not([type=button]), input[type=submit]") ?? form;

/** @type {(place: Element, words: string) => void} */
function say(place, words) {
  hush(place);
  const said = document.createElement("p");
  said.className = "not-sent errors errornote";
  said.setAttribute("role", "alert");
  said.textContent = words;
  if (place.matches("form")) place.prepend(said);
  else (place.closest(".buttons, .submit-row") ?? place).after(said);
  said.scrollIntoView({ block: "nearest" });
}

/** @type {(status: number, writes: boolean) => string} */
const reason = (status, writes) => `${REASONS[status] ?? FAILED} ${writes ? KEPT : "Try again."}`;

/** @param {string} token */
function renewToken(token) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const fields = document.querySelectorAll("input[name=csrfmiddlewaretoken]");
  for (const field of fields) field.value = token;
}

/** @type {(place: Element, status: number, token: string | null, writes: boolean) => void} */
function sayRefused(place, status, token, writes) {
  if (token) renewToken(token);
  say(place, token ? `${ANEW} ${KEPT}` : reason(status, writes));
}

// One key for what is sent, the same until there was an answer

/** @type {(form: Element, fields: URLSearchParams) => string} */
function keyFor(form, fields) {
  const text = fields.toString();
  const known = keys.get(form);
  if (known?.text === text) return known.key;
  const key = [...crypto.getRandomValues(new Uint32Array(5))].map((part) => part.toString(36)).join("-");
  keys.set(form, { text, key });
  return key;
}

/** @type {(form: Element, status: number) => void} */
function settle(form, status) {
  if (!UNSEEN.includes(status)) keys.delete(form);
}

// Forms of a page

/** @type {(form: HTMLFormElement, button: HTMLElement | null, name: string) => string} */
const asked = (form, button, name) => button?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? "";

/** @type {(form: HTMLFormElement) => boolean} */
const isNative = (form) =>
  form.dataset.native !== undefined || form.enctype === "multipart/form-data" || !!form.querySelector("[type=password]");

/** @type {(form: HTMLFormElement, button: HTMLElement | null, fields: URLSearchParams) => Promise<Response>} */
function request(form, button, fields) {
  const signal = AbortSignal.timeout(PATIENCE);
  if (isNative(form)) return fetch(location.href, { method: "HEAD", cache: "no-store", signal });
  const address = asked(form, button, "action") || location.href;
  return fetch(address, { method: "POST", body: fields, headers: { "X-Scripted": "form" }, signal });
}

/** @type {(form: HTMLFormElement, button: HTMLElement | null) => Promise<void>} */
async function send(form, button) {
  const place = button ?? buttonOf(form);
  const fields = /** @type {URLSearchParams} */ (new URLSearchParams(/** @type {any} */ (new FormData(form, button))));
  const key = keyFor(form, fields);
  fields.set("once", key);
  hush(place);
  sending.add(form);
  leaving = false;
  place.setAttribute("aria-busy", "true");
  /** @type {Response | null} */
  const answer = await request(form, button, fields).catch(/** @type {() => null} */ (() => null));
  const status = answer?.status ?? 0;
  settle(form, status);
  if (status === 204 && answer.headers.has("X-Location")) return go(answer.headers.get("X-Location"));
  sending.delete(form);
  place.removeAttribute("aria-busy");
  const isPage = answer?.ok || [400, 409, 422].includes(status);
  if (isPage || (isNative(form) && status && status < 500)) pass(form, button, key);
  else sayRefused(place, status, answer?.headers.get("X-CSRFToken") ?? null, true);
}

/** @param {string} address */
function go(address) {
  const target = new URL(address, location.href);
  if (leaving) return;
  const isHere = target.href.split("#")[0] === location.href.split("#")[0];
  location.assign(target);
  if (isHere && target.hash) location.reload();
}

// Let the browser send the form by itself.
/** @type {(form: HTMLFormElement, button: HTMLElement | null, key: string) => void} */
function pass(form, button, key) {
  const once = document.createElement("input");
  Object.assign(once, { type: "hidden", name: "once", value: key });
  form.append(once);
  passing.add(form);
  form.requestSubmit(button);
  setTimeout(() => {
    once.remove();
    passing.delete(form);
  });
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (event.submitter);
  if (event.defaultPrevented || asked(form, button, "method").toLowerCase() !== "post" || passing.has(form)) return;
  event.preventDefault();
  if (!sending.has(form)) send(form, button);
});

addEventListener("beforeunload", () => {
  leaving = true;
});

// A page that is gone back to is usable again.
addEventListener("pageshow", () => {
  sending = new WeakSet();
  passing = new WeakSet();
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Requests by htmx

/** @type {(detail: any) => Element} */
const placeBeside = ({ elt, requestConfig }) => {
  const form = elt.closest("form") ?? elt;
  return requestConfig?.triggeringEvent?.submitter ?? (form.matches("form") ? buttonOf(form) : elt);
};

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, formData, verb } = /** @type {CustomEvent} */ (event).detail;
  if (verb !== "get") formData.set("once", keyFor(elt, new URLSearchParams(formData)));
});
document.addEventListener("htmx:beforeRequest", (event) => hush(placeBeside(/** @type {CustomEvent} */ (event).detail)));
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  settle(elt, xhr?.status ?? 0);
});
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    const status = kind === "htmx:responseError" ? detail.xhr.status : 0;
    const token = status === 403 ? detail.xhr.getResponseHeader("X-CSRFToken") : null;
    sayRefused(placeBeside(detail), status, token, detail.requestConfig.verb !== "get");
  });
}
