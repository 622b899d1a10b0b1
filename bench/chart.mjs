// Draws the SVG chart: how many times better than its reference each subject of a target is, on a logarithmic scale, with the target.

const LEFT = 570;
const RIGHT = 40;
const WIDTH = 1170;
const LINE = 18;
const TOP = 50;
const COLORS = { node: "#5fa04e", deno: "#4a6fa5", bun: "#d9a441" };
/** The colors of a target that is met, of one that the bare runtime or plain C misses too, and of one that only polyproc misses. */
const MARKS = { met: "#222", limit: "#e80", missed: "#c00" };
/** The ends of the scale. */
const [FROM, TO] = [0.1, 30];

/** The horizontal position of a factor. */
function x(factor) {
  const at = Math.log(Math.min(TO, Math.max(FROM, factor)) / FROM) / Math.log(TO / FROM);
  return (LEFT + at * (WIDTH - LEFT - RIGHT)).toFixed(1);
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

/** Every ratio as "times better". Differences (start, memory) are no ratios and are left out. */
function bars(rows) {
  return rows.flatMap((row) =>
    row.targets
      .filter(({ difference }) => !difference)
      .flatMap(({ most, checks }) =>
        checks
          .filter(({ ratio }) => ratio !== undefined)
          .map(({ subject, against, goal, ratio: { median, min, max }, met, limit }) => {
            const better = (value) => (most === undefined ? value : 1 / value);
            return {
              label: `${row.title}: ${subject} / ${against}`,
              runtime: subject.split(" ")[0],
              mark: met ? MARKS.met : limit ? MARKS.limit : MARKS.missed,
              ...ends(better, median, min, max),
              goal: better(goal),
            };
          }),
      ),
  );
}

function ends(better, median, min, max) {
  const [low, high] = [better(min), better(max)].sort((a, b) => a - b);
  return { median: better(median), low, high };
}

function axis(height) {
  return [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]
    .map((factor) => {
      const line = `<line x1="${x(factor)}" x2="${x(factor)}" y1="${TOP - 6}" y2="${height - 10}" stroke="${factor === 1 ? "#666" : "#ddd"}"/>`;
      return `${line}<text x="${x(factor)}" y="${TOP - 12}" text-anchor="middle">${factor}x</text>`;
    })
    .join("\n");
}

function drawBar({ label, runtime, median, low, high, goal, mark }, i) {
  const y = TOP + i * LINE;
  const [from, to] = median >= 1 ? [x(1), x(median)] : [x(median), x(1)];
  return [
    `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${escaped(label)}</text>`,
    `<rect x="${from}" y="${y + 2}" width="${(to - from).toFixed(1)}" height="11" fill="${COLORS[runtime] ?? "#999"}"/>`,
    `<line x1="${x(low)}" x2="${x(high)}" y1="${y + 7.5}" y2="${y + 7.5}" stroke="#222"/>`,
    `<line x1="${x(goal)}" x2="${x(goal)}" y1="${y}" y2="${y + 15}" stroke="${mark}" stroke-width="2.5"/>`,
  ].join("");
}

export function chart(rows) {
  const all = bars(rows);
  const height = TOP + all.length * LINE + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<title>Each row with a ratio for its target, against its reference</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="8" y="16" font-size="13">Times better than the reference: bar = median, thin line = min to max, mark = target (red: missed, orange: missed by the bare runtime or plain C, too). Ratios only: start and memory are compared by differences</text>
${axis(height)}
${all.map(drawBar).join("\n")}
</svg>
`;
}
