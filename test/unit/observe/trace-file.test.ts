import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { TraceFile } from "../../../src/observe/trace-file.ts";
import { readTrace } from "../../suite/trace-events.ts";

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), "pp-trace-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "trace.json");
}

it("lines of several processes go into one array", () => {
  const file = path();
  const [one, other] = [new TraceFile(file, true), new TraceFile(file, false)];
  one.add('{"n":1}');
  other.add('{"n":2}');
  other.add('{"n":3}');
  other.flush();
  one.flush();
  expect(readTrace(readFileSync(file, "utf8"))).toEqual([{ n: 2 }, { n: 3 }, { n: 1 }]);
});

it("many lines leave before they are too many for a write", () => {
  const file = path();
  const trace = new TraceFile(file, true);
  for (let i = 0; i < 1000; i++) trace.add(`{"n":${i}}`);
  expect(readTrace(readFileSync(file, "utf8")).length).toBeGreaterThan(500);
  trace.flush();
  expect(readTrace(readFileSync(file, "utf8"))).toHaveLength(1000);
});

it("lines that killed processes have left unfinished are removed", () => {
  const file = path();
  const trace = new TraceFile(file, true);
  for (const torn of ['\n{"n":0},\n{"name":"a},b', '\n{"n":0},\n{"n":', '\n{"n":0},\n{"n":0}', '\n{"n":0},\n{"name":"},']) {
    appendFileSync(file, torn);
    trace.add('{"n":1}');
    trace.flush();
  }
  // This one may be written at this moment.
  appendFileSync(file, '\n{"n":2');
  expect(() => readTrace(readFileSync(file, "utf8"))).toThrow();
  trace.mend();
  appendFileSync(file, "},\n");
  const numbers = readTrace(readFileSync(file, "utf8")).map((event) => (event as unknown as { n: number }).n);
  expect(numbers).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 2]);
});
