// The command `polyproc cluster dlq`.
import { inspect } from "node:util";
import { ClusterPool } from "../api/cluster-pool.ts";
import type { ClusterBackend } from "../backend/registry.ts";
import type { LetterTask } from "../cluster/dead-letters.ts";
import { TimeoutError } from "../errors/errors.ts";
import { bindWorkers } from "../pool/worker-source.ts";
import { after } from "../util/deadline.ts";
import { printable, printTable } from "./table.ts";

/** A task that runs again may take so many milliseconds, if nobody says how many. */
const TIMEOUT_MS = 600_000;
/** Its worker may take so long to end. */
const END_MS = 10_000;

/** What is to be done with the dead letters. */
export interface DeadLetterCommand {
  readonly action: string;
  readonly number?: string | undefined;
  readonly timeout?: string | undefined;
}

/** Reads the words behind the command. `undefined` if they are wrong. */
export function deadLetterWords([action = "", number, ...more]: readonly string[]): DeadLetterCommand | undefined {
  if (more.length > 0) return undefined;
  if (action === "list") return number === undefined ? { action } : undefined;
  const isWhole = (action === "retry" || action === "drop") && number !== undefined && /^[1-9]\d{0,14}$/.test(number);
  return isWhole ? { action, number } : undefined;
}

/** Shows the tasks that were given up, runs one of them again, or removes one. Returns the exit code. */
export async function deadLetters(cluster: ClusterBackend, { action, number, timeout }: DeadLetterCommand): Promise<number> {
  if (action === "list") await list(cluster);
  else if (action === "drop") await drop(cluster, Number(number));
  else return retry(cluster, Number(number), timeout === undefined ? TIMEOUT_MS : Number(timeout));
  return 0;
}

async function list({ admin }: ClusterBackend): Promise<void> {
  const { factsOf } = await import("../cluster/dead-letters.ts");
  const rows = (await admin.deadLetters()).map(({ number, bytes }) => {
    const { pool, attempts, target, at, error } = factsOf(bytes);
    return [String(number), pool, attempts, target, at, error];
  });
  printTable(["NUMBER", "POOL", "ATTEMPTS", "TARGET", "TIME", "ERROR"], rows);
}

async function drop({ admin }: ClusterBackend, number: number): Promise<void> {
  if (!(await admin.dropDeadLetter(number))) throw noLetter(number);
}

async function retry(cluster: ClusterBackend, number: number, timeout: number): Promise<number> {
  const bytes = await cluster.admin.deadLetter(number);
  if (bytes === undefined) throw noLetter(number);
  const [{ taskOf }, { findAgent }] = await Promise.all([import("../cluster/dead-letters.ts"), import("../cluster/retry.ts")]);
  const task = taskOf(bytes);
  await findAgent(cluster.wire, task);
  try {
    await runAgain(cluster, task, `dead-letter-${number}`, timeout);
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
    process.stderr.write(printable(`The task failed, and the dead letter ${number} stays. ${text}\n`));
    return 1;
  }
  await cluster.admin.dropDeadLetter(number);
  console.log(`The task succeeded, and the dead letter ${number} is removed.`);
  return 0;
}

// Runs a task in a pool of its own, and prints what it gives.
async function runAgain({ wire }: ClusterBackend, task: LetterTask, name: string, timeout: number): Promise<void> {
  const { INITIALIZER, RetryWorkers, TARGET } = await import("../cluster/retry.ts");
  const Pool = bindWorkers(class extends ClusterPool {}, (settings) => new RetryWorkers(wire, settings, task));
  const { group, initArgs, kwargs, args } = task;
  const initializer = task.initializer === undefined ? {} : { initializer: INITIALIZER, initArgs };
  const pool = new Pool({ name, group, processes: 1, ...initializer });
  const late = new AbortController();
  const forget = after(timeout, () => late.abort(new TimeoutError(`It was not done after ${timeout} ms: give it more time by --timeout.`)));
  const options = { signal: late.signal, ...(kwargs === undefined ? {} : { kwargs }) };
  try {
    if (task.isGenerator)
      for await (const value of pool.iterate(TARGET, args, options)) console.log(printable(`It gave ${inspect(value)}`));
    else console.log(printable(`It returned ${inspect(await pool.apply(TARGET, args, options))}`));
  } finally {
    forget();
    pool.terminate();
    await pool.join({ timeout: END_MS });
  }
}

function noLetter(number: number): RangeError {
  return new RangeError(`There is no dead letter with the number ${number}.`);
}
