// Starts and kills the children of a row's program.
import { type Connection, Pipe, Process } from "../mod.ts";

export interface Child {
  readonly process: { kill(): void; join(): Promise<unknown> };
  /** Receives the child's reports. */
  readonly receiver: Connection;
}

/** Starts a child with these arguments and a connection to report on. Returns after the child's first report. */
export async function start<A extends readonly unknown[]>(
  target: (...args: [...A, sender: Connection]) => Promise<void>,
  ...args: A
): Promise<Child> {
  const [receiver, sender] = Pipe(false);
  const process = new Process({ target, args: [...args, sender], transfer: [sender] });
  await process.start();
  await receiver.recv();
  return { process, receiver };
}

export async function kill({ process }: Child): Promise<void> {
  process.kill();
  await process.join();
}

/** Waits to be killed. */
export function stay(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000));
}
