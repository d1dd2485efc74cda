// Select2 names its boxes after what is chosen in them only; here they get the name of their field, too.

/** @param {ParentNode} root */
function nameBoxes(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const box = select.nextElementSibling;
    if (!label || !box?.matches(".select2")) continue;
    label.id ||= `${select.id}_label`;
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox], input")) {
      const chosen = part.querySelector(".select2-selection__rendered[id]");
      part.setAttribute("aria-labelledby", chosen ? `${label.id} ${chosen.id}` : label.id);
    }
  }
}

/** @type {any} */ (window).django?.jQuery?.(() => nameBoxes(document)); // behind Django's own, which makes the boxes
document.addEventListener("formset:added", ({ target }) => setTimeout(() => nameBoxes(/** @type {Element} */ (target))));
