// Draws curves as an SVG, a panel for each, on logarithmic scales.

const PANEL = { width: 520, height: 330, left: 70, right: 20, top: 40, bottom: 50 };
const COLUMNS = 2;
const COLORS = { node: "#5fa04e", deno: "#4a6fa5", bun: "#d9a441" };
const OTHER = "#666";
const LEGEND = 30;

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

function scale(values, from, to) {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))));
  const at = (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  return { at, decades: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) };
}

function shortNumber(value) {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : String(value);
}

function line(points, x, y, name) {
  const known = points.filter(({ values }) => values[name] > 0);
  if (known.length === 0) return "";
  const color = COLORS[name.split(" ")[0]] ?? OTHER;
  const dash = name.endsWith("portable") ? ' stroke-dasharray="5 3"' : "";
  const path = known.map(({ size, values }) => `${x.at(size).toFixed(1)},${y.at(values[name]).toFixed(1)}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.8"${dash}/>`;
}

function panel({ title, size, unit, points }, i) {
  const { width, height, left, right, top, bottom } = PANEL;
  const x = scale(
    points.map((point) => point.size),
    left,
    width - right,
  );
  const y = scale(
    points.flatMap(({ values }) => Object.values(values)),
    height - bottom,
    top,
  );
  const names = [...new Set(points.flatMap(({ values }) => Object.keys(values)))];
  const vertical = points.map((point) => {
    const at = x.at(point.size).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="${top}" y2="${height - bottom}" stroke="#eee"/><text x="${at}" y="${height - bottom + 15}" text-anchor="middle">${shortNumber(point.size)}</text>`;
  });
  const horizontal = y.decades.map((value) => {
    const at = y.at(value).toFixed(1);
    return `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${left - 6}" y="${Number(at) + 4}" text-anchor="end">${shortNumber(value)}</text>`;
  });
  return [
    `<g transform="translate(${(i % COLUMNS) * width} ${LEGEND + Math.floor(i / COLUMNS) * height})">`,
    `<text x="${left}" y="20" font-weight="bold">${escaped(`${title} (${unit})`)}</text>`,
    ...vertical,
    ...horizontal,
    `<text x="${(left + width - right) / 2}" y="${height - 14}" text-anchor="middle">${escaped(size)}</text>`,
    ...names.map((name) => line(points, x, y, name)),
    "</g>",
  ].join("\n");
}

/** `curves` have points `{ size, values }`, where `values` has a number for each contender. */
export function growthChart(curves) {
  const width = PANEL.width * COLUMNS;
  const height = LEGEND + PANEL.height * Math.ceil(curves.length / COLUMNS);
  const legend = [...Object.entries(COLORS), ["CPython", OTHER]].map(
    ([name, color], i) =>
      `<rect x="${20 + i * 90}" y="12" width="14" height="4" fill="${color}"/><text x="${40 + i * 90}" y="18">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<title>How times, rates and memory grow</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${legend.join("\n")}
<text x="400" y="18">full line: native backend; broken line: portable backend</text>
${curves.map(panel).join("\n")}
</svg>
`;
}
