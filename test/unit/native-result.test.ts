// What a failed call of the native library says.
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { expect, test } from "vitest";
import { check } from "../../src/backend/native/library/result.ts";

/** Reads a number from the native library's source, as text with commas. */
function numberIn(file: string, name: string): string {
  const source = readFileSync(new URL(`../../native/src/${file}`, import.meta.url), "utf8");
  return Number(source.match(new RegExp(`#define ${name} (\\d+)`))?.[1]).toLocaleString("en");
}

test("an object that as many processes have open as can says so", () => {
  const processes = numberIn("base/participant.h", "PP_PARTICIPANTS");
  expect(() => check(-constants.errno.EMLINK, "The queue that came can't be used")).toThrow(
    `The queue that came can't be used: EMLINK. ${processes} processes have it open, and no more can: `,
  );
});

test("a process that has as many objects open as it can says so", () => {
  const objects = numberIn("base/handles.c", "MOST_HANDLES");
  expect(() => check(-constants.errno.ENOBUFS, "The lock can't be made")).toThrow(
    `The lock can't be made: ENOBUFS. This process has ${objects} shared objects open, `,
  );
});
