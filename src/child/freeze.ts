import { flushed } from "../backend/registry.ts";
import { StateError } from "../errors/errors.ts";
import { isBundled } from "../launch/command.ts";
import { runtime } from "../runtime/current.ts";
import { isInPlace } from "../target/callers.ts";
import { CHILD_MARK, type FrozenProgram, freeze } from "../target/frozen.ts";
import { tree } from "../tree/tree.ts";

/**
 * Lets a program that contains this library start child processes: a bundle, or an executable file (`bun build --compile`, `deno compile`,
 * Node's single executable applications). Its children run the program's own file. So the main module calls this function at its top level,
 * after its imports and its calls of {@link registerTarget}, and before all else that the program does. In a child the call runs the child's
 * work, and never settles. In the program itself it settles at once, and from then on targets are found by their registered names. In any
 * other program it does nothing.
 *
 * On Deno and Bun, such a child ends when its target has settled. A server or timer that the target leaves behind does not keep it alive.
 *
 * @throws {StateError} if the program is a bundle and has no main module that is a file; in a child, if the program has made shared objects
 * before the call
 *
 * @example
 * ```ts
 * const work = registerTarget((n: number) => 2 * n, "work");
 * await freezeSupport(); // In CommonJS: freezeSupport().then(main)
 * const process = new Process({ target: work, args: [4] });
 * ```
 */
export async function freezeSupport(): Promise<void> {
  const program = frozen();
  if (program === undefined) return;
  freeze(program);
  if (!takeMark()) return;
  if (tree.known !== undefined) {
    process.stderr.write("A module of this program makes shared objects when it is imported: make them after freezeSupport().\n");
    process.exit(1);
  }
  // Only a child needs these modules.
  const { runChild } = await import("./main.ts");
  await runChild();
  await end();
  await new Promise(() => {});
}

function frozen(): FrozenProgram | undefined {
  const { executable } = runtime;
  if (executable !== undefined) return { executable, main: undefined };
  if (!isBundled() && isInPlace()) return undefined;
  const main = runtime.mainModule();
  if (main === null)
    throw new StateError("This program has no main module that its children could run: write the bundle to a file, and run that.");
  return { executable, main: new URL(main) };
}

// The mark is removed, so that the program's own arguments are what they are in other children.
function takeMark(): boolean {
  if (process.argv.at(-1) !== CHILD_MARK || !process.getBuiltinModule("node:worker_threads").isMainThread) return false;
  process.argv.pop();
  return true;
}

// The main module may wait for ever at its top level. Then a runtime either ends the process with an error code, or never ends it.
async function end(): Promise<void> {
  if (runtime.endsWithPendingModule) {
    // The program's own listeners come first.
    process.on("beforeExit", () => Promise.resolve().then(() => process.exit()));
    return;
  }
  await flushed();
  process.exit();
}
