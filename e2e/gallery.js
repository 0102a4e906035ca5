// What a test asks of a page of the gallery. Each function answers with what is wrong, as sentences; nothing is well.
const CONTROLS = "a[href], button:not(.aside), input:not([type=hidden]), summary, [role=slider]";
const BOXES = "button, .field, .program, .card, .preview, .notice, .question, main";
const SMALLEST_TARGET = 24;

const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const named = (element) => `<${element.localName} class="${element.className}"> ${element.textContent.trim().slice(0, 60)}`;
const all = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);

// Puts the state into the page that is there, so that what reads it need not be loaded again for each.
async function show(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const { name, value } of page.documentElement.attributes) document.documentElement.setAttribute(name, value);
  for (const part of ["title", "[name=color-scheme]", "style", "body"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  for (const question of document.querySelectorAll("dialog[open]")) {
    question.close();
    question.showModal();
  }
}

async function violations() {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`));
}

function misfits() {
  const wide = document.documentElement.scrollWidth - innerWidth;
  return [...(wide > 0 ? [`the page is ${wide} px too wide`] : []), ...spilled(), ...small()];
}

// As WCAG 1.4.12 lets a reader space all text.
async function misfitsSpaced() {
  const sheet = new CSSStyleSheet();
  await sheet.replace("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }");
  document.adoptedStyleSheets = [sheet];
  const found = misfits();
  document.adoptedStyleSheets = [];
  return found.map((sentence) => `text spaced: ${sentence}`);
}

// Text outside the box that holds it, or outside the page.
function spilled() {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    const box = holder.closest(BOXES);
    if (!box || !isSeen(holder) || holder.closest(".aside") || !texts.currentNode.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const isOut = (rect) =>
      rect.left < left - 1 || rect.right > right + 1 || rect.top < top - 1 || rect.bottom > bottom + 1;
    if ([...range.getClientRects()].some(isOut)) found.push(`text runs out of its box: ${named(holder)}`);
  }
  return found;
}

// A radio button or slider is pressed by its whole row.
function small() {
  const targets = all(CONTROLS).map((control) => control.closest("label") ?? control);
  const isSmall = ({ width, height }) => Math.min(width, height) < SMALLEST_TARGET;
  return targets.filter((target) => isSmall(target.getBoundingClientRect())).map((target) => `too small: ${named(target)}`);
}

// In colours of the reader's own nothing may be told by a background alone.
function edgeless() {
  const hasEdge = (element) => {
    const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor, textDecorationLine } = getComputedStyle(element);
    if (textDecorationLine === "underline") return true;
    return borderTopStyle !== "none" && parseFloat(borderTopWidth) > 0 && borderTopColor !== backgroundColor;
  };
  return all("button:not(.aside, .program), .field, .programs, .card, .preview, .notice, .mark, .question")
    .filter((element) => !hasEdge(element))
    .map((element) => `no edge: ${named(element)}`);
}

function unmarked() {
  const isMarked = (element) => getComputedStyle(element).outlineStyle !== "none";
  return all(CONTROLS)
    .filter((control) => {
      control.focus({ focusVisible: true });
      return document.activeElement === control && ![control, control.closest("label, .field")].some((it) => it && isMarked(it));
    })
    .map((control) => `focus is not seen: ${named(control)}`);
}

function moving() {
  const moves = ({ transitionDuration, animationName }) => parseFloat(transitionDuration) > 0 || animationName !== "none";
  return all("body *").filter((element) => moves(getComputedStyle(element))).map((element) => `moves: ${named(element)}`);
}
