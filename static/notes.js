// Notes on the words of a narrative: selecting some, with mouse, finger or keyboard, offers to write a note on them.
// Without this script the form beside the text does the same with words pasted into it.
//
// Offsets count code points over the narrative's textContent, as the server does; a JavaScript string counts UTF-16 units.

const CONTEXT = 32;
const byId = (id) => document.getElementById(id);
const points = (text) => [...text].length;

const offer = document.createElement("button");
offer.type = "button";
offer.id = "annotate";
offer.className = "annotate";
offer.textContent = "Annotate";
offer.hidden = true;
document.body.append(offer);

let chosen = null; // the range that the offer speaks of

// The part of the selection that lies in the narrative, without white space at its ends; null where there is none.
function chosenRange() {
  const narrative = byId("narrative");
  const selection = getSelection();
  if (!narrative || !byId("write") || !selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  if (!range.intersectsNode(narrative)) return null;
  if (!narrative.contains(range.startContainer)) range.setStart(narrative, 0);
  if (!narrative.contains(range.endContainer)) range.setEnd(narrative, narrative.childNodes.length);
  return range.toString().trim() ? range : null;
}

// Where a range's words stand, and what stands around them.
function quotation(range) {
  const whole = range.cloneRange();
  whole.selectNodeContents(byId("narrative"));
  const before = whole.cloneRange();
  before.setEnd(range.startContainer, range.startOffset);
  const after = whole.cloneRange();
  after.setStart(range.endContainer, range.endOffset);
  const [, left, exact, right] = /^(\s*)(.*?)(\s*)$/su.exec(range.toString());
  const prefix = before.toString() + left;
  const start = points(prefix);
  return {
    start,
    end: start + points(exact),
    exact,
    prefix: [...prefix].slice(-CONTEXT).join(""),
    suffix: [...(right + after.toString())].slice(0, CONTEXT).join(""),
  };
}

function say(words) {
  const status = byId("notes-said");
  if (status && status.textContent !== words) status.textContent = words;
}

// Put the offer just below the end of the selection, inside the window.
function place(range) {
  const boxes = range.getClientRects();
  const box = boxes[boxes.length - 1] ?? range.getBoundingClientRect();
  const most = document.documentElement.clientWidth - offer.offsetWidth - 8;
  offer.style.setProperty("left", `${Math.max(8, Math.min(box.right + scrollX, most))}px`);
  offer.style.setProperty("top", `${box.bottom + scrollY + 8}px`);
}

function look() {
  if (document.activeElement === offer) return;
  const range = chosenRange();
  const appeared = range && offer.hidden;
  chosen = range;
  offer.hidden = !range;
  if (range) place(range);
  if (appeared) say("Words are selected. Press Tab, then Enter, to annotate them.");
  else if (!range && byId("notes-said")?.textContent.startsWith("Words are selected")) say("");
}

function write() {
  const form = byId("write").querySelector("form");
  for (const [name, value] of Object.entries(quotation(chosen))) form.elements[name].value = value;
  if (globalThis.Highlight) CSS.highlights.set("quoted", new Highlight(chosen));
  offer.hidden = true;
  byId("write").open = true;
  say("The words are quoted in the form.");
  form.elements.comment.focus();
  getSelection().removeAllRanges();
}

let waiting;
document.addEventListener("selectionchange", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 120);
});
addEventListener("resize", () => chosen && !offer.hidden && place(chosen));
offer.addEventListener("mousedown", (event) => event.preventDefault()); // keep the selection
offer.addEventListener("click", write);

document.addEventListener("keydown", (event) => {
  if (offer.hidden) return;
  if (event.key === "Escape") {
    offer.hidden = true;
  } else if (event.key === "Tab" && !event.shiftKey && document.activeElement !== offer) {
    event.preventDefault();
    clearTimeout(waiting);
    look(); // what is selected now, however fast the keys came
    if (!offer.hidden) offer.focus();
  }
});

// Words changed by hand are looked up by themselves: where the selected ones stood says nothing any more.
document.addEventListener("input", (event) => {
  if (event.target.name !== "exact" || !event.target.closest("#write")) return;
  for (const name of ["start", "end", "prefix", "suffix"]) event.target.form.elements[name].value = "";
});

// A click on marked words leads to their first note.
document.addEventListener("click", (event) => {
  const mark = event.target.closest?.("#narrative mark");
  if (!mark || event.target.closest("a") || !getSelection().isCollapsed) return;
  const note = byId(`note-${mark.dataset.notes.split(" ")[0]}`);
  note?.focus({ preventScroll: true });
  note?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("htmx:afterSwap", () => CSS.highlights?.delete("quoted"));
