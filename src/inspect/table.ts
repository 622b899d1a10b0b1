/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** Returns the text of a cell. */
  cell(row: Row): string;
  /** Whether it is set to the right, as numbers are. */
  readonly isNumber?: boolean;
}

const GAP = 2;
const LEAST = 6;

/** Returns the lines of a table that is no wider than `width` characters. Texts that do not fit are cut, the widest column first. */
export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => column.cell(row)))];
  const widths = fitted(
    columns.map((_, i) => Math.max(...cells.map((row) => lengthOf(row[i] ?? "")))),
    columns.map(({ isNumber }) => isNumber === true),
    width - GAP * (columns.length - 1),
  );
  return cells.map((row) =>
    row
      .map((text, i) => padded(cut(text, widths[i] ?? 0), widths[i] ?? 0, columns[i]?.isNumber === true))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}

function fitted(natural: readonly number[], isFixed: readonly boolean[], room: number): number[] {
  const widths = [...natural];
  for (let over = widths.reduce((sum, each) => sum + each, 0) - room; over > 0; over--) {
    let widest = -1;
    widths.forEach((each, i) => {
      if (isFixed[i] !== true && each > LEAST && (widest < 0 || each > (widths[widest] ?? 0))) widest = i;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Cuts a text to a number of characters. */
function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

function padded(text: string, width: number, toTheRight: boolean): string {
  const gap = " ".repeat(Math.max(0, width - lengthOf(text)));
  return toTheRight ? gap + text : text + gap;
}

/** Returns a time such as "4.2s", "3m07s" or "2d05h". */
export function timeText(ms: number | null): string {
  if (ms === null) return "-";
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)}s`;
  const two = (count: number): string => String(Math.floor(count)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${two((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${two((seconds % 86_400) / 3600)}h`;
}

/** Returns a number of bytes such as "61M". */
export function sizeText(bytes: number | null): string {
  if (bytes === null) return "-";
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)}M` : `${(bytes / 2 ** 30).toFixed(1)}G`;
}
