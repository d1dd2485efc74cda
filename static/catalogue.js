// Small courtesies on top of pages that work without them.

// The form asks anew as soon as a choice in it changes; without this, its button does.
document.addEventListener("change", (event) => {
  const field = /** @type {HTMLSelectElement} */ (event.target);
  if (field.matches("[data-submit-on-change]")) field.form.requestSubmit();
});

// Leave empty fields out of the address.
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "get") return;
  const fields = /** @type {Iterable<HTMLInputElement>} */ (form.elements);
  for (const field of fields) {
    if (field.name && field.value === "") field.disabled = true;
  }
  setTimeout(() => {
    for (const field of fields) field.disabled = false;
  });
}, true);

// A link to a passage inside a closed fold opens the fold first.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && (target.matches("details") ? target : target.closest("details"));
  if (fold) { fold.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();

// Paper shows the words behind each coding: open every fold to print, and close it again.
/** @type {NodeListOf<HTMLDetailsElement> | never[]} */
let opened = [];
addEventListener("beforeprint", () => {
  opened = document.querySelectorAll("main details:not([open])");
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of opened) fold.open = false;
});
