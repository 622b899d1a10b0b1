// What a worker thread held goes when the thread ends, on every runtime and backend, as when a process ends.
import { describe, expect, it } from "vitest";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";

describe.each(["node", "deno", "bun"])("%s: a worker thread that is ended", (runtime) => {
  it.each(hasLibrary() ? ["native", "portable"] : ["portable"])(
    "releases its locks, its connections and its children (%s)",
    async (backend) => {
      const program = new Program(runtime, "thread-parent.ts", { env: { POLYPROC_BACKEND: backend } });
      expect(await program.closed, program.stderr).toBe(0);
      expect(program.stdout).toBe("all is gone\n");
    },
  );
});
