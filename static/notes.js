// Notes on the words of a narrative: selecting some, with mouse, finger or keyboard, offers to write a note on them by the
// passage; passage and note lead to each other. Without this script the form beside the text does the same with words
// pasted into it, and links lead to and fro.
//
// Offsets that the server knows count code points over the narrative's textContent; a JavaScript string counts UTF-16 units.

const CONTEXT = 32;
const WIDE = matchMedia("(min-width: 56.01rem)");
/** @typedef {[node: Node, offset: number]} Place Where a text begins or ends in the document. */
/** @typedef {[start: number, end: number]} Span Where words begin and end in the text of the narrative. */
/** @typedef {(text: string) => number} Size How long a text is, by the way in which an offset counts. */

/** @type {(id: string) => HTMLElement} */
const byId = (id) => document.getElementById(id);
/** @type {Size} */
const points = (text) => [...text].length;
/** @type {(text: string) => string} */
const short = (text) => (text.length > 60 ? `${text.slice(0, 28)} … ${text.slice(-28)}` : text);

/** @type {(form: HTMLFormElement) => HTMLFormControlsCollection & Record<string, HTMLInputElement>} */
const fieldsOf = (form) => /** @type {any} */ (form.elements);

/** @type {(event: Event) => Element} */
const elementOf = (event) => /** @type {Element} */ (event.target);

/** @param {string} words */
function say(words) {
  const status = byId("notes-said");
  if (status && status.textContent !== words) status.textContent = words;
}

// Ranges and offsets

function wholeText() {
  const whole = document.createRange();
  whole.selectNodeContents(byId("narrative"));
  return whole;
}

/** @type {(node: Node, offset: number) => string} */
function textBefore(node, offset) {
  const before = wholeText();
  before.setEnd(node, offset);
  return before.toString();
}

// The text node, and the place in it, at an offset; `size` says how an offset counts. `last` prefers the end of a node.
/** @type {(offset: number, size: Size, last: boolean) => Place | null} */
function placeOf(offset, size, last) {
  const walk = document.createTreeWalker(byId("narrative"), NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = /** @type {Text} */ (node).data;
    const length = size(text);
    if (left < length || (last && left === length)) {
      return [node, size === points ? [...text].slice(0, left).join("").length : left];
    }
    left -= length;
  }
  return null;
}

/** @type {(start: number, end: number, size: Size) => Range | null} */
function rangeOf(start, end, size) {
  const [from, to] = [placeOf(start, size, false), placeOf(end, size, true)];
  if (!from || !to) return null;
  const range = document.createRange();
  range.setStart(...from);
  range.setEnd(...to);
  return range;
}

/** @type {Size} */
const units = (text) => text.length;

// The part of the selection that lies in the narrative; null where there is none.
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

// Where a range's words stand without the white space at its ends, and what stands around them.
/** @param {Range} range */
function quotation(range) {
  const after = wholeText();
  after.setStart(range.endContainer, range.endOffset);
  const [, left, exact, right] = /^(\s*)(.*?)(\s*)$/su.exec(range.toString());
  const prefix = textBefore(range.startContainer, range.startOffset) + left;
  const start = points(prefix);
  return {
    start,
    end: start + points(exact),
    exact,
    prefix: [...prefix].slice(-CONTEXT).join(""),
    suffix: [...(right + after.toString())].slice(0, CONTEXT).join(""),
  };
}

// The offer to write on selected words

const offer = document.createElement("button");
offer.type = "button";
offer.id = "annotate";
offer.className = "annotate";
offer.hidden = true;
document.body.append(offer);

/** @type {Range | null} */
let chosen = null; // the range that the offer speaks of

/** @type {() => HTMLFormElement} */
const formInUse = () => document.querySelector("form.reattach") ?? byId("write").querySelector("form");

/** @param {Range} range */
function lastBox(range) {
  const boxes = range.getClientRects();
  return boxes[boxes.length - 1] ?? range.getBoundingClientRect();
}

// Put the offer just below the end of the selection, inside the window.
/** @param {Range} range */
function placeOffer(range) {
  const box = lastBox(range);
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
  if (range) {
    offer.textContent = document.querySelector("form.reattach") ? "Attach the note here" : "Annotate";
    placeOffer(range);
  }
  if (appeared && document.activeElement !== byId("narrative")) {
    say("Words are selected. Press Tab, then Enter, to annotate them.");
  } else if (!range && byId("notes-said")?.textContent.startsWith("Words are selected")) say("");
}

function write() {
  const form = formInUse();
  for (const [name, value] of Object.entries(quotation(chosen))) fieldsOf(form)[name].value = String(value);
  if (globalThis.Highlight) CSS.highlights.set("quoted", new Highlight(chosen));
  offer.hidden = true;
  const details = /** @type {HTMLDetailsElement | null} */ (form.closest("#write"));
  if (details) {
    fieldsOf(form).about.value = "words";
    details.open = true;
    layBy(chosen);
  }
  say("The words are quoted in the form.");
  (details ? fieldsOf(form).comment : form.querySelector("button")).focus({ preventScroll: true });
  form.scrollIntoView({ block: "nearest" });
  getSelection().removeAllRanges();
}

/** @type {() => HTMLDetailsElement | null} */
const writing = () => document.querySelector("details#write");

// The form stands beside the passage where there is room beside the text, and else below the text.
/** @type {string | null} */
let height = null;

/** @param {Range} range */
function layBy(range) {
  const top = range.getBoundingClientRect().top - byId("notes").getBoundingClientRect().top - 12;
  height = WIDE.matches ? `${Math.round(top)}px` : null;
  lay();
}

function lay() {
  const details = writing();
  details?.classList.toggle("by-words", height !== null && details.open);
  if (height !== null) details?.style.setProperty("--at", height);
}

function putAway() {
  height = null;
  lay();
  CSS.highlights?.delete("quoted");
}

// Look once the selection rests, and no earlier than the mouse is let go: the offer would stand in its way.
/** @type {number | undefined} */
let waiting;
let pressed = false;

function lookSoon() {
  clearTimeout(waiting);
  if (!pressed) waiting = setTimeout(look, 120);
}

document.addEventListener("selectionchange", lookSoon);
document.addEventListener("pointerdown", (event) => {
  pressed = event.pointerType === "mouse" && event.target !== offer;
});
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    pressed = false;
    lookSoon();
  });
}
addEventListener("resize", () => chosen && !offer.hidden && placeOffer(chosen));
offer.addEventListener("mousedown", (event) => event.preventDefault()); // keep the selection
offer.addEventListener("click", write);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && writing()?.open && elementOf(event).closest("#write")) {
    writing().open = false;
    putAway();
    byId("narrative").focus();
  }
  if (offer.hidden) return;
  if (event.key === "Escape") {
    offer.hidden = true;
    getSelection().removeAllRanges();
  } else if (event.key === "Tab" && !event.shiftKey && document.activeElement !== offer) {
    event.preventDefault();
    clearTimeout(waiting);
    look(); // what is selected now, however fast the keys came
    if (!offer.hidden) offer.focus();
  }
});

// Words changed by hand are looked up by themselves: where the selected ones stood says nothing any more.
document.addEventListener("input", (event) => {
  const { name: changed, form } = /** @type {HTMLInputElement} */ (event.target);
  if (changed !== "exact" || !form || !fieldsOf(form).start) return;
  for (const name of ["start", "end", "prefix", "suffix"]) fieldsOf(form)[name].value = "";
});

document.addEventListener("toggle", (event) => {
  const details = /** @type {HTMLDetailsElement} */ (event.target);
  if (details.id === "write" && !details.open) putAway();
}, true);

document.addEventListener("change", (event) => {
  const codes = elementOf(event).closest?.(".coded-as");
  if (!codes) return;
  const ticked = codes.querySelectorAll("input:checked").length;
  codes.querySelector("summary .quiet").textContent = ticked ? `${ticked} chosen` : "terms of the taxonomy";
});

// Selecting with keys alone, once the narrative has the focus: word by word, sentence by sentence

/** @type {Record<string, [size: "word" | "sentence", way: number]>} */
const STEPS = { ArrowLeft: ["word", -1], ArrowRight: ["word", 1], ArrowUp: ["sentence", -1], ArrowDown: ["sentence", 1] };
/** @type {{ word?: Span[], sentence?: Span[] }} */
let pieces = {}; // of the narrative, by their size: where each begins and ends

/** @type {(granularity: "word" | "sentence") => Span[]} */
function piecesOf(granularity) {
  if (!pieces[granularity]) {
    const segments = new Intl.Segmenter(document.documentElement.lang, { granularity }).segment(byId("narrative").textContent);
    pieces[granularity] = [...segments]
      .filter(({ segment, isWordLike }) => (granularity === "word" ? isWordLike : segment.trim()))
      .map(({ segment, index }) => {
        const start = index + segment.length - segment.trimStart().length;
        return [start, start + segment.trim().length];
      });
  }
  return pieces[granularity];
}

function firstSeen() {
  const block = [...byId("narrative").children].find((child) => child.getBoundingClientRect().bottom > 0);
  return block ? units(textBefore(block, 0)) : 0;
}

// Where the selection begins and ends, in the order in which it was made; from the first words in the window where there is none.
/** @type {() => Span | null} */
function selectedOffsets() {
  const selection = getSelection();
  /** @type {(node: Node | null) => boolean} */
  const inside = (node) => node && byId("narrative").contains(node);
  if (!inside(selection.anchorNode) || !inside(selection.focusNode)) return null;
  return [
    units(textBefore(selection.anchorNode, selection.anchorOffset)),
    units(textBefore(selection.focusNode, selection.focusOffset)),
  ];
}

/** @type {(now: Span, all: Span[], way: number) => Span | undefined} */
function stepped([anchor, focus], all, way) {
  const [low, high] = [Math.min(anchor, focus), Math.max(anchor, focus)];
  return way > 0 ? all.find(([start]) => start >= high) : all.findLast(([, end]) => end <= low);
}

/** @type {(now: Span, all: Span[], way: number) => Span | undefined} */
function extended([anchor, focus], all, way) {
  if (way > 0) {
    const next = all.find(([start, end]) => (focus < anchor ? start > focus : end > focus));
    return next && [anchor, focus < anchor ? Math.min(next[0], anchor) : next[1]];
  }
  const last = all.findLast(([start, end]) => (focus > anchor ? end < focus : start < focus));
  return last && [anchor, focus > anchor ? Math.max(last[1], anchor) : last[0]];
}

/** @type {(anchor: number, focus: number) => void} */
function select(anchor, focus) {
  const [from, to] = [placeOf(anchor, units, anchor > focus), placeOf(focus, units, focus > anchor)];
  if (!from || !to) return;
  getSelection().setBaseAndExtent(...from, ...to);
  const range = getSelection().getRangeAt(0);
  const box = lastBox(range);
  if (box.top < 0 || box.bottom > innerHeight) scrollBy({ top: box.top - innerHeight / 2 });
  const words = range.toString().trim();
  if (words) say(`“${short(words)}” selected. Enter writes a note on it.`);
}

document.addEventListener("keydown", (event) => {
  const narrative = byId("narrative");
  if (document.activeElement !== narrative || !narrative.matches(":focus-visible")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && chosenRange()) {
    event.preventDefault();
    chosen = chosenRange();
    write();
  }
  const [size, way] = STEPS[event.key] ?? [];
  const now = selectedOffsets();
  if (!size || (!now && size === "sentence")) return; // without a selection, up and down leaf through the page
  event.preventDefault();
  const all = piecesOf(size);
  const next = now && event.shiftKey ? extended(now, all, way) : stepped(now ?? [firstSeen(), firstSeen()], all, way);
  if (next) select(...next);
});

// A narrative can have the focus where there is a form for notes on it.
function prepare() {
  const narrative = byId("narrative");
  pieces = {};
  if (!narrative || !byId("write") || narrative.tabIndex === 0) return;
  if (!byId("keys")) {
    const keys = document.createElement("p");
    keys.id = "keys";
    keys.className = "keys";
    keys.textContent = "→ selects a word, then ↓ a sentence; with Shift, more. Enter writes a note on it.";
    narrative.after(keys);
  }
  narrative.tabIndex = 0;
  narrative.setAttribute("role", "group");
  narrative.setAttribute("aria-label", "Words of the narrative");
  narrative.setAttribute("aria-describedby", "keys");
}

// From a passage to its notes, and back

/** @type {(note: Element) => HTMLElement} */
const referenceOf = (note) => byId(note.id.replace("note-", "mark-"));
const shownNotes = ".note[id^='note-']";

// Show the whole passage of the note that has the focus.
/** @param {Element | null} note */
function showPassage(note) {
  if (!globalThis.Highlight) return;
  const reference = note && referenceOf(note);
  const range = reference && rangeOf(Number(reference.dataset.start), Number(reference.dataset.end), points);
  if (range) CSS.highlights.set("passage", new Highlight(range));
  else CSS.highlights.delete("passage");
}

/** @type {(note: HTMLElement, many?: number) => void} */
function goToNote(note, many = 1) {
  const fold = note.closest("details");
  if (fold) fold.open = true;
  note.focus({ preventScroll: true });
  note.scrollIntoView({ block: "nearest" });
  const number = referenceOf(note)?.dataset.number;
  const others = many > 1 ? ` One of ${many} on these words; click them again for the next.` : "";
  say(`${number ? `Note ${number}` : "A note"}, by ${note.querySelector(".who b")?.textContent ?? "somebody"}.${others}`);
}

/** @type {string | undefined} */
let reached; // the note that a click on its words led to last

// The references of the notes on some words, the narrowest passage first.
/** @type {(offset: number) => HTMLAnchorElement[]} */
function referencesAt(offset) {
  /** @type {(reference: HTMLElement) => Span} */
  const span = ({ dataset }) => [Number(dataset.start), Number(dataset.end)];
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const references = byId("narrative").querySelectorAll(".noteref");
  return [...references]
    .filter((reference) => span(reference)[0] <= offset && offset < span(reference)[1])
    .sort((one, other) => (span(one)[1] - span(one)[0]) - (span(other)[1] - span(other)[0]));
}

/** @param {HTMLAnchorElement[]} references */
function follow(references) {
  /** @type {(reference: Element | undefined) => HTMLElement | undefined} */
  const noteOf = (reference) => reference && byId(reference.id.replace("mark-", "note-"));
  const at = references.findIndex((reference) => reference.id === reached);
  const next = references[(at + 1) % references.length];
  reached = next?.id;
  if (noteOf(next)) goToNote(noteOf(next), references.length);
  else if (next) location.assign(next.href);
}

document.addEventListener("click", (event) => {
  const target = elementOf(event);
  /** @type {HTMLAnchorElement | null | undefined} */
  const reference = target.closest?.(".noteref[href^='#note-']");
  /** @type {HTMLAnchorElement | null | undefined} */
  const number = target.closest?.(".note a.number");
  const mark = target.closest?.("#narrative mark");
  if (reference) {
    goToNote(byId(reference.hash.slice(1)));
  } else if (number) {
    const { dataset } = byId(number.hash.slice(1));
    const words = rangeOf(Number(dataset.start), Number(dataset.end), points)?.toString() ?? "";
    say(`Note ${dataset.number}: at its passage, “${short(words)}”.`);
    showPassage(number.closest(".note"));
  } else if (mark && !target.closest("a") && getSelection().isCollapsed) {
    const before = textBefore(mark, 0);
    follow(referencesAt(points(before)));
  }
});

document.addEventListener("focusin", (event) => {
  if (elementOf(event).matches(shownNotes)) showPassage(elementOf(event));
});

function arrive() {
  const note = /^#note-/.test(location.hash) ? byId(location.hash.slice(1)) : null;
  if (note?.matches(shownNotes)) goToNote(note);
}

addEventListener("hashchange", arrive);
document.addEventListener("htmx:afterSettle", () => {
  prepare();
  if (writing()?.open) lay();
  else putAway();
});
prepare();
arrive();
