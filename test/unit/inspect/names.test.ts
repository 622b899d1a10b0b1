// The names of objects, as other processes tell them.
import { describe, expect, it } from "vitest";
import type { SharedFacts } from "../../../src/backend/contract/inspect.ts";
import type { FoundProcess } from "../../../src/inspect/find.ts";
import { Names } from "../../../src/inspect/names.ts";
import { MOST_PAGE, pageOf, readPage } from "../../../src/tree/page.ts";
import { inQuotes, shownName } from "../../../src/util/shown-name.ts";

function process(pid: number, named: unknown): FoundProcess {
  return { pid, files: new Map(), address: undefined, pages: [{ named }] };
}

const lock: SharedFacts = { kind: "lock", backend: "native", id: "7", host: null, users: [1, 2], holders: [], waiters: [], numbers: {} };
const told = { backend: "native", id: "7", kind: "lock", name: "disk" };
const value = { backend: "native", id: "8", kind: "value", name: "count" };

describe("a name", () => {
  it.each([
    ["jobs", "jobs"],
    ["a\u001b[2J\n\u2028\u202e", "a?[2J???"],
    ["x".repeat(64), "x".repeat(64)],
    ["x".repeat(65), `${"x".repeat(63)}…`],
    // Half of a character is none.
    [`${"x".repeat(62)}😀😀`, `${"x".repeat(62)}?…`],
    ["", undefined],
    [7, undefined],
    [null, undefined],
  ])("%j is shown as %j", (name, shown) => {
    expect(shownName(name)).toBe(shown);
  });

  it("stands in quotation marks in a line", () => {
    expect(inQuotes('a "b"')).toBe(' "a \\"b\\""');
    expect([inQuotes(null), inQuotes(undefined)]).toEqual(["", ""]);
  });
});

describe("names that processes tell", () => {
  it("are believed of those that have the object", () => {
    expect(new Names([process(2, [told])]).of(lock).name).toBe("disk");
    expect(new Names([process(3, [told])]).of(lock).name).toBeNull();
    expect(new Names([process(3, [told])]).of({ ...lock, host: 3 }).name).toBe("disk");
    expect(new Names([process(3, [{ ...told, name: "wrong" }]), process(1, [told])]).of(lock).name).toBe("disk");
    expect(new Names([process(1, [told])]).of({ ...lock, backend: "portable" }).name).toBeNull();
  });

  it("show objects that are not shown otherwise, each once", () => {
    const names = new Names([process(1, [told, value, value]), process(2, [value, { ...value, kind: "array" }])]);
    expect(names.others()).toEqual([
      { ...value, users: [1, 2] },
      { ...value, kind: "array", users: [2] },
    ]);
  });

  it("can't bring in what has not the right form", () => {
    const bad = [null, 7, [], {}, { ...value, kind: "__proto__" }, { ...value, kind: {} }, { ...value, id: 8 }, { ...value, name: ["x"] }];
    for (const named of [bad, "many", undefined, { 0: value }]) expect(new Names([process(1, named)]).others()).toEqual([]);
    const [odd] = new Names([process(1, [{ ...value, backend: "\u001b", name: `\n${"x".repeat(100)}` }])]).others();
    expect(odd).toMatchObject({ backend: "?", name: `?${"x".repeat(62)}…` });
    expect(
      new Names([
        process(
          1,
          Array.from({ length: 5000 }, (_, i) => ({ ...value, id: String(i) })),
        ),
      ]).others(),
    ).toHaveLength(1000);
  });

  it("are left out of a page that would be too large", () => {
    const facts = { pid: 1, pools: ["small"], named: Array.from({ length: 2000 }, () => ({ ...value, name: "\u001b".repeat(64) })) };
    const bytes = pageOf(facts);
    expect(bytes.length).toBeLessThan(MOST_PAGE);
    expect(readPage(bytes)).toEqual({ pid: 1, pools: ["small"] });
  });
});
