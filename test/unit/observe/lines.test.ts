import { expect, it } from "vitest";
import { linesOf } from "../../../src/observe/lines.ts";

const record = { level: "info", processName: "P", pid: 7 } as const;

it("a message of several lines is several lines of the log", () => {
  expect(linesOf({ ...record, message: "one\r\ntwo\n\nthree" }, 100)).toEqual([
    "[INFO/P] one (pid 7)\n",
    "[INFO/P] two (pid 7)\n",
    "[INFO/P]  (pid 7)\n",
    "[INFO/P] three (pid 7)\n",
  ]);
});

it("a long line is cut between characters, and no part is longer than allowed", () => {
  for (const text of ["€".repeat(300), "😀x".repeat(100), "a".repeat(1000)]) {
    const lines = linesOf({ ...record, message: text }, 120);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(120);
    expect(lines.map((line) => line.replace("[INFO/P] ", "").replace(/…? \(pid 7\)\n$/, "")).join("")).toBe(text);
  }
});

it("the longest name leaves room for the message", () => {
  const lines = linesOf({ ...record, processName: "n".repeat(5000), message: "m".repeat(100) }, 4096);
  expect(lines).toHaveLength(2);
});
