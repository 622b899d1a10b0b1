import { expect, it } from "vitest";
import { inspectFlag, inspectionIn } from "../../src/runtime/inspection.ts";

it("a debugger's address and manner are read from flags as the runtimes take them", () => {
  for (const [words, host, waits] of [
    [["--inspect"], "127.0.0.1", false],
    [["--inspect=9230"], "127.0.0.1", false],
    [["--inspect=0.0.0.0:9230"], "0.0.0.0", false],
    [["--inspect=localhost"], "localhost", false],
    [["--inspect=[::1]:9230"], "[::1]", false],
    [["--inspect=localhost:4000/prefix"], "localhost", false],
    [["--inspect=ws://localhost:4000/prefix"], "localhost", false],
    [["--inspect", "--title", "x", "--inspect-brk=10.0.0.1:1"], "10.0.0.1", true],
    [["--inspect-brk", "--inspect"], "127.0.0.1", false],
    [["--inspect-wait"], "127.0.0.1", true],
  ] as const) {
    expect(inspectionIn(words)).toEqual({ host, waits });
  }
  for (const words of [[], ["--inspect-port=9230"], ["--inspect-publish-uid=http"], ["--title", "inspect"]])
    expect(inspectionIn(words)).toBeUndefined();
  expect(inspectFlag({ host: "[::1]", waits: true })).toBe("--inspect-wait=[::1]:0");
});
