// Programs that run under a limit of the system: of address space, of memory, of descriptors or of the size of a file.
import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";

/** Node reserves 10 GiB of addresses for each WebAssembly memory. Deno does not start with so few. */
const ONE_WASM_MEMORY = "-v 20000000";

describe("node: little address space", () => {
  it("finds a target although WebAssembly gets no memory", async () => {
    const program = new Program("node", "no-wasm.ts", { ulimit: ONE_WASM_MEMORY });
    expect(await program.json()).toEqual({ wasm: expect.stringMatching(/could not allocate memory/), result: 4 });
    expect(await program.ended).toBe(0);
  });
});
