// The counter of --counter: large figures in the corner of the picture that the run has chosen. Its
// table is beside the picture, of which it would hide more.

const GROUND = "rgba(0, 0, 0, 0.65)";
const FIGURES = "#ffe150";
const LABELS = "#f5f5f5";
const FONT = "system-ui, sans-serif";
const MIN_LABEL = 11;
const LINE = 1.75;
const FOOT = 0.6;

// Text whose digits have a height: how large its font is depends on the font.
function fontOf(context, digitHeight, weight) {
  context.font = `${weight} 100px ${FONT}`;
  const share = context.measureText("0").actualBoundingBoxAscent / 100 || 0.72;
  return `${weight} ${digitHeight / share}px ${FONT}`;
}

// Where it is on a canvas, with the scale from pixels of the frame to those of the canvas, which has
// so many of its own for each pixel of the page.
export function layoutOf(counter, scale, ratio) {
  const [left, top, right, bottom] = counter.rectangle.map((place) => place * scale);
  const digits = counter.digit_px * scale;
  const label = Math.max(counter.label_px * scale, 0.75 * MIN_LABEL * ratio);
  const rows = Math.ceil(counter.counts.length / counter.columns);
  const rowHeight = 1.12 * digits + LINE * label;
  const height = rows * rowHeight + FOOT * label;
  const y = counter.is_top ? top : bottom - height;
  return { left, right, top: y, bottom: y + height, digits, label, rowHeight };
}

export function drawCounter(context, counter, scale, ratio) {
  const { left, right, top: y, bottom, digits, label, rowHeight } = layoutOf(counter, scale, ratio);
  const width = right - left;
  context.fillStyle = GROUND;
  context.beginPath();
  context.roundRect(left, y, width, bottom - y, 6 * ratio);
  context.fill();
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const cellWidth = width / counter.columns;
  counter.counts.forEach(([name, count], n) => {
    const middle = left + (0.5 + (n % counter.columns)) * cellWidth;
    const rowTop = y + Math.floor(n / counter.columns) * rowHeight;
    context.font = fontOf(context, digits, 700);
    context.fillStyle = FIGURES;
    context.fillText(String(count), middle, rowTop + 0.12 * digits + digits, cellWidth);
    context.font = fontOf(context, label, 500);
    context.fillStyle = LABELS;
    context.fillText(name, middle, rowTop + 1.2 * digits + 1.2 * label, cellWidth - label);
  });
  context.textAlign = "start";
}
