/** Returns a text without control characters but line ends: what came from other hosts must not steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]+/gu, " ");
}

/** Prints rows below a head, in columns. Each is printed as one line. */
export function printTable(head: readonly string[], body: readonly (readonly string[])[]): void {
  const rows = [head, ...body.map((row) => row.map((cell) => cell.replaceAll(/\p{Cc}+/gu, " ")))];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}
