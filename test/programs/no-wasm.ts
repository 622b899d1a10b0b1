// Takes all the address space that WebAssembly could use, and then starts a function that must be found in the program's modules.
import { Process } from "../../mod.ts";

export function double(n: number): number {
  return 2 * n;
}

if (import.meta.main) {
  const memories: WebAssembly.Memory[] = [];
  let wasm: string | undefined;
  while (wasm === undefined && memories.length < 20) {
    try {
      memories.push(new WebAssembly.Memory({ initial: 1, maximum: 65_536 }));
    } catch (error) {
      wasm = (error as Error).message;
    }
  }
  const process = new Process({ target: double, args: [2] });
  await process.start();
  console.log(JSON.stringify({ wasm, result: await process.result() }));
}
