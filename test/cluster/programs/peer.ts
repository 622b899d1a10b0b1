// A process of a cluster that does what its test says. Each line of its input is a call, and each line of its output is the result of one.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type ClusterOptions, connectCluster } from "../../../mod.ts";

/** A call of a method, or the value of a property, of the object with this name. */
export interface Call {
  readonly id: number;
  readonly kind: string;
  readonly options: readonly unknown[];
  readonly member: string;
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

type Members = Record<string, unknown>;

const mp = await connectCluster(JSON.parse(process.argv[2] ?? "") as ClusterOptions);
const objects = new Map<string, Members>();
let whenLost: Promise<string> | undefined;

/** Counts in a file, which takes three steps, and notes the token of each hold in another file. */
async function count(lock: InstanceType<typeof mp.Lock>, file: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await using held = await lock.hold();
    const before = Number(readFileSync(file, "utf8"));
    appendFileSync(`${file}.tokens`, `${held.token}\n`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    writeFileSync(file, String(before + 1));
  }
}

async function perform({ kind, options, member, args }: Call): Promise<unknown> {
  const target = kind === "" ? (mp as unknown as Members) : objectOf(kind, options);
  if (member === "count") return count(target as never, ...(args as [string, number]));
  if (member === "watchLost") {
    const { lost } = target as { readonly lost: AbortSignal };
    whenLost = new Promise((resolve) => lost.addEventListener("abort", () => resolve(String(lost.reason))));
    return undefined;
  }
  if (member === "whenLost") return whenLost;
  if (member === "many") {
    const [call, times, ...rest] = args as [string, number, ...unknown[]];
    return Promise.all(Array.from({ length: times }, () => (target[call] as (...all: unknown[]) => unknown)(...rest)));
  }
  const value = target[member];
  if (typeof value === "function") return value.apply(target, args);
  return value instanceof AbortSignal ? value.aborted : value;
}

function objectOf(kind: string, options: readonly unknown[]): Members {
  const key = JSON.stringify([kind, options]);
  const Class = (mp as unknown as Record<string, new (...args: readonly unknown[]) => Members>)[kind];
  const object = objects.get(key) ?? new (Class as NonNullable<typeof Class>)(...options);
  objects.set(key, object);
  return object;
}

function reply(line: Reply): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

reply({ id: 0 });
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line) as Call;
  void perform(call).then(
    (result) => reply({ id: call.id, result }),
    ({ name, message }: Error) => reply({ id: call.id, error: { name, message } }),
  );
}
await mp.close();
