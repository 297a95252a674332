/*
 * Runs inside the page, where `legibility(sizes)` tells in sentences what a stranger could not read or touch.
 * `sizes` are those of `sizesOf`, in pixels.
 */

const FIGURES = ["quantity", "amount", "unit-price", "reserved", "freed"];
const FONT = "Noto Sans";
/** Edges fall between pixels. */
const TOLERANCE_PX = 1;
/** Small type is measured in whole pixels; so it is measured large. */
const MEASURED_PX = 1000;

const ink = document.createElement("canvas").getContext("2d");

function legibility(sizes) {
  const texts = visibleTexts();
  const buttons = [...document.querySelectorAll("button")].filter(isVisible);
  return [
    ...fontProblems(),
    ...scrollProblems(),
    ...texts.flatMap((text) => [...edgeProblems(text), ...sizeProblems(text, sizes)]),
    ...overlaps(texts),
    ...buttons.flatMap((button) => buttonProblems(button, sizes)),
    ...codeProblems(texts),
    ...(texts.length === 0 ? ["there is no text"] : []),
  ];
}

/** Each line of each text, with the box of its ink: a line's own box is higher than any letter. */
function visibleTexts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    const content = node.data.trim();
    if (content === "" || !isVisible(element)) continue;
    const measured = measure(element, content);
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
    texts.push({ node, element, content, ...measured, boxes: lines.map((line) => inkBox(line, measured)) });
  }
  return texts;
}

function isVisible(element) {
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  if (element.closest("[inert], script, style, title") !== null) return false;
  // What only a screen reader finds.
  for (let part = element; part !== null && part !== document.body; part = part.parentElement) {
    const { width, height } = part.getBoundingClientRect();
    if (getComputedStyle(part).overflow !== "visible" && width <= 1 && height <= 1) return false;
  }
  const modal = document.querySelector("dialog:modal, [aria-modal=true]");
  return modal === null || modal.contains(element);
}

function measure(element, content) {
  const { fontStyle, fontWeight, fontSize, fontFamily } = getComputedStyle(element);
  const scale = (Number.parseFloat(fontSize) * scaleOf(element)) / MEASURED_PX;
  ink.font = `${fontStyle} ${fontWeight} ${MEASURED_PX}px ${fontFamily}`;
  const { fontBoundingBoxAscent, actualBoundingBoxAscent, actualBoundingBoxDescent } = ink.measureText(content);
  return {
    overInkPx: scale * (fontBoundingBoxAscent - actualBoundingBoxAscent),
    inkPx: scale * (actualBoundingBoxAscent + actualBoundingBoxDescent),
    capitalPx: scale * ink.measureText("H").actualBoundingBoxAscent,
    digitPx: scale * ink.measureText("1").actualBoundingBoxAscent,
  };
}

/** How much larger a picture's units, or a transform, make it. */
function scaleOf(element) {
  if (element instanceof SVGGraphicsElement) return element.getScreenCTM().d;
  let box = element;
  while (box !== document.body && box.offsetWidth === 0) box = box.parentElement;
  return box.offsetHeight === 0 ? 1 : box.getBoundingClientRect().height / box.offsetHeight;
}

function inkBox({ left, right, top }, { overInkPx, inkPx }) {
  return { left, right, top: top + overInkPx, bottom: top + overInkPx + inkPx };
}

function fontProblems() {
  const faces = [...document.fonts].filter(({ family }) => family.includes(FONT));
  if (faces.some(({ status }) => status === "loaded") && document.fonts.check(`16px "${FONT}"`)) return [];
  return [`the font ${FONT} is not loaded`];
}

function scrollProblems() {
  return [document.documentElement, ...document.querySelectorAll("body, body *")]
    .filter((element) => {
      const { overflowX, overflowY } = getComputedStyle(element);
      const isRoot = element === document.documentElement;
      const isCutAcross = isRoot || overflowX !== "visible";
      const isCutDown = isRoot || overflowY !== "visible";
      if (element instanceof SVGElement || !isVisible(element) || !element.textContent.trim()) return false;
      return (
        (isCutAcross && element.scrollWidth > element.clientWidth + TOLERANCE_PX) ||
        (isCutDown && element.scrollHeight > element.clientHeight + TOLERANCE_PX)
      );
    })
    .map((element) => `${nameOf(element)} has more in it than it shows`);
}

function edgeProblems({ element, content, boxes }) {
  const screen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const frames = [{ name: "the screen", box: screen }, ...framesOf(element)];
  const outside = frames
    .filter(({ box }) => boxes.some((text) => !isInside(text, box)))
    .map(({ name }) => `"${content}" reaches out of ${name}`);
  const covers = boxes.map((box) => coverOf(element, box)).filter((cover) => cover !== null);
  return [...outside, ...covers.map((cover) => `"${content}" is covered by ${nameOf(cover)}`)];
}

/** What cuts a text, or what a text must not stick out of; a tight line's letters may stick out above and below. */
function framesOf(element) {
  const frames = [];
  let isBlockFound = false;
  for (let part = element; part !== document.body && part !== null; part = part.parentElement) {
    const { display, overflowX, overflowY } = getComputedStyle(part);
    const isBlock = !isBlockFound && display !== "inline" && display !== "contents";
    isBlockFound ||= isBlock;
    const { left, right, top, bottom } = part.getBoundingClientRect();
    if (overflowX !== "visible" || overflowY !== "visible" || part.tagName === "BUTTON") {
      frames.push({ name: nameOf(part), box: { left, right, top, bottom } });
    } else if (isBlock) {
      frames.push({
        name: nameOf(part),
        box: { left, right, top: Number.NEGATIVE_INFINITY, bottom: Number.POSITIVE_INFINITY },
      });
    }
  }
  return frames;
}

function coverOf(element, { left, right, top, bottom }) {
  const above = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return above === null || above.contains(element) || element.contains(above) ? null : above;
}

function sizeProblems({ element, content, capitalPx, digitPx }, { textPx, figurePx }) {
  const role = element.closest("[data-figure]")?.dataset.figure;
  const isFigure = FIGURES.includes(role) && /\d/.test(content);
  const [heightPx, leastPx] = isFigure ? [digitPx, figurePx] : [capitalPx, textPx];
  if (heightPx >= leastPx - 0.25) return [];
  return [`${isFigure ? role : "text"} "${content}" is ${heightPx.toFixed(1)} px high, not ${leastPx}`];
}

function overlaps(texts) {
  const boxes = texts.flatMap((text) => text.boxes.map((box) => ({ text, box })));
  return boxes.flatMap((one, at) =>
    boxes
      .slice(at + 1)
      .filter((other) => other.text !== one.text && isOver(one.box, other.box))
      .map((other) => `"${one.text.content}" overlaps "${other.text.content}"`),
  );
}

function buttonProblems(button, { targetPx }) {
  const { left, right, top, bottom, width, height } = button.getBoundingClientRect();
  const isSmall = Math.min(width, height) < targetPx - 0.01;
  const isOutside = !isInside(
    { left, right, top, bottom },
    { left: 0, top: 0, right: innerWidth, bottom: innerHeight },
  );
  const others = [...document.querySelectorAll("button")].filter((other) => other !== button && isVisible(other));
  const covered = others.filter((other) => isOver(button.getBoundingClientRect(), other.getBoundingClientRect()));
  return [
    ...(isSmall ? [`${nameOf(button)} is ${width.toFixed(0)} × ${height.toFixed(0)} px`] : []),
    ...(isOutside ? [`${nameOf(button)} reaches out of the screen`] : []),
    ...covered.map((other) => `${nameOf(button)} overlaps ${nameOf(other)}`),
  ];
}

/** Nothing may stand on a code or in its quiet zone. */
function codeProblems(texts) {
  const code = document.querySelector("svg.code");
  if (code === null || !isVisible(code)) return [];
  const box = code.getBoundingClientRect();
  const isWhole = isInside(box, { left: 0, top: 0, right: innerWidth, bottom: innerHeight });
  const over = texts.filter(({ element, boxes }) => !code.contains(element) && boxes.some((text) => isOver(text, box)));
  return [
    ...(isWhole ? [] : ["the code reaches out of the screen"]),
    ...over.map(({ content }) => `"${content}" stands on the code`),
  ];
}

function isInside(inner, outer) {
  return (
    inner.left >= outer.left - TOLERANCE_PX &&
    inner.right <= outer.right + TOLERANCE_PX &&
    inner.top >= outer.top - TOLERANCE_PX &&
    inner.bottom <= outer.bottom + TOLERANCE_PX
  );
}

function isOver(one, other) {
  const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return across > TOLERANCE_PX && down > TOLERANCE_PX;
}

function nameOf(element) {
  const classes = [...element.classList].map((name) => `.${name}`).join("");
  const action = element.dataset?.action === undefined ? "" : `[${element.dataset.action}]`;
  return `${element.tagName.toLowerCase()}${classes}${action}`;
}

globalThis.legibility = legibility;
