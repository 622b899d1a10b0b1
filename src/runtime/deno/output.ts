import { sleepSync } from "../../util/blocking.ts";
import { sleep } from "../../util/clock.ts";
import { platform } from "../platform.ts";
import { isPipe } from "../shared-output.ts";
import { currentHost, type DenoHost, type DenoOutput } from "./host.ts";

/** A write that finds the pipe full tries again after so many milliseconds, and after twice as many each time. A reader may be stopped for long. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 32;

let isPatient = false;

/** The methods of Deno's own console. On another runtime nobody needs them, and Bun makes each of them when it is read. */
const methods: Readonly<Record<string, unknown>> =
  currentHost === undefined ? {} : Object.fromEntries(Object.entries(console).filter(([, value]) => typeof value === "function"));

/**
 * Makes writes to this process's outputs wait while the pipe is full. Deno itself takes a full pipe for an error if another process that shares
 * it has made it non-blocking: Node and Bun do that.
 */
export function waitForRoom(host: DenoHost): void {
  if (isPatient || !platform.sharesOutputModes) return;
  isPatient = true;
  const outputs = [isPipe(1) ? host.stdout : undefined, isPipe(2) ? host.stderr : undefined];
  for (const output of outputs) if (output !== undefined) makePatient(output);
  const Console = host[host.internal]?.Console;
  if (Console === undefined) return;
  const patient = new Console((text, level) => {
    const output = outputs[level > 1 ? 1 : 0] ?? (level > 1 ? host.stderr : host.stdout);
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; ) at += output.writeSync(bytes.subarray(at));
  });
  // A method that the program has replaced stays.
  for (const [name, method] of Object.entries(methods))
    if (console[name as "log"] === method) console[name as "log"] = patient[name as "log"];
}

function makePatient(output: DenoOutput): void {
  const writeSync = output.writeSync.bind(output);
  const write = output.write.bind(output);
  output.writeSync = (bytes) => {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, 2 * pause)) {
      try {
        return writeSync(bytes);
      } catch (error) {
        if (!isFull(error)) throw error;
        sleepSync(pause);
      }
    }
  };
  output.write = async (bytes) => {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, 2 * pause)) {
      try {
        return await write(bytes);
      } catch (error) {
        if (!isFull(error)) throw error;
        await sleep(pause);
      }
    }
  };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && error.name === "WouldBlock";
}
