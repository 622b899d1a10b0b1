import { parseArgs } from "node:util";
import { checkClusterOptions } from "../api/cluster-options.ts";
import type { ClusterAdmin, ClusterQueueFacts } from "../backend/contract/cluster.ts";
import { type ClusterBackend, openCluster } from "../backend/registry.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { fs } from "../util/lazy-modules.ts";
import { initCluster } from "./cluster-init.ts";
import { messageOf } from "./doctor-checks.ts";

type Command = "init" | "queues" | "doctor" | "hosts" | "dlq";

/** The arguments of `polyproc cluster`. */
export interface ClusterArguments {
  readonly command: Command;
  readonly values: Readonly<Record<string, string | undefined>>;
}

const string = { type: "string" } as const;
/** The options that say how to connect, as `parseArgs` needs them. */
export const CONNECTION: Readonly<Record<"servers" | "namespace" | "creds" | "nkey" | "ca" | "cert" | "key", { readonly type: "string" }>> =
  { servers: string, namespace: string, creds: string, nkey: string, ca: string, cert: string, key: string };
/** The options of each command, and those that it needs. */
const COMMANDS = {
  init: { options: { namespace: string, dir: string }, needed: ["namespace", "dir"] },
  queues: { options: CONNECTION, needed: ["servers", "namespace"] },
  doctor: { options: CONNECTION, needed: ["servers", "namespace"] },
  hosts: { options: CONNECTION, needed: ["servers", "namespace"] },
  dlq: { options: { ...CONNECTION, drop: string }, needed: ["servers", "namespace"] },
} as const;
/** Agents have so many milliseconds to answer. */
const ANSWER_MS = 500;

/** Reads the arguments. `undefined` if they are wrong. */
export function clusterArguments([command = "", ...args]: readonly string[]): ClusterArguments | undefined {
  if (!Object.hasOwn(COMMANDS, command)) return undefined;
  const { options, needed } = COMMANDS[command as keyof typeof COMMANDS];
  try {
    const { values } = parseArgs({ args: [...args], options }) as { values: ClusterArguments["values"] };
    if (values.drop !== undefined && !/^[1-9]\d{0,14}$/.test(values.drop)) return undefined;
    return needed.every((name) => values[name] !== undefined) ? { command: command as Command, values } : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the command. Returns the exit code. */
export async function cluster({ command, values }: ClusterArguments): Promise<number> {
  // An idle connection does not keep this program alive.
  const letGo = holdEventLoop();
  try {
    if (command === "init") return await initCluster(values.namespace ?? "", values.dir ?? "");
    const connected = await openCluster(settingsOf(values));
    try {
      return await run(command, connected, values);
    } finally {
      await connected.close();
    }
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    letGo();
  }
}

/** Checks the options that say how to connect. */
export function settingsOf({
  servers = "",
  namespace,
  creds,
  nkey,
  ca,
  cert,
  key,
  lease,
}: ClusterArguments["values"]): ReturnType<typeof checkClusterOptions> {
  const seed = nkey === undefined ? undefined : fs().readFileSync(nkey, "utf8").trim();
  return checkClusterOptions({
    servers: servers.split(","),
    namespace,
    creds: creds !== undefined ? { file: creds } : seed !== undefined ? { seed } : undefined,
    tls: ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key },
    lease: lease === undefined ? undefined : Number(lease),
  });
}

async function run(command: Command, { admin, wire }: ClusterBackend, { drop }: ClusterArguments["values"]): Promise<number> {
  if (command === "doctor") return printFindings(admin);
  if (command === "queues") printTable(["QUEUE", "WAITING", "TAKEN", "LIMIT", "BYTES", ""], (await admin.queues()).map(rowOf));
  else if (command === "hosts") {
    const { findHosts } = await import("../cluster/hosts.ts");
    const rows = (await findHosts(wire, ANSWER_MS)).map(({ host, pid, runtime, group, version, slots, busy }) => [
      host,
      String(pid),
      `${busy} of ${slots}`,
      runtime,
      group,
      version,
    ]);
    printTable(["HOST", "PID", "WORKERS", "RUNTIME", "GROUP", "VERSION"], rows);
  } else if (drop === undefined)
    printTable(
      ["NUMBER", "POOL", "ATTEMPTS", "TARGET", "TIME", "ERROR"],
      (await admin.deadLetters()).map(({ number, pool, target, attempts, error, at }) => {
        return [String(number), pool, String(attempts), target, Number.isNaN(at.getTime()) ? "?" : at.toISOString(), error];
      }),
    );
  else if (!(await admin.dropDeadLetter(Number(drop)))) throw new RangeError(`There is no dead letter with the number ${drop}.`);
  return 0;
}

/** Prints rows below a head, in columns. What came from other hosts is printed without control characters. */
function printTable(head: readonly string[], body: readonly (readonly string[])[]): void {
  const rows = [head, ...body.map((row) => row.map((cell) => cell.replaceAll(/\p{Cc}+/gu, " ")))];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function rowOf(queue: ClusterQueueFacts): string[] {
  const { name, stream, size, taken, maxsize, bytes, isJoinable, isShutDown } = queue;
  const notes = [isJoinable ? "joinable" : "", isShutDown ? "shut down" : ""].filter((text) => text !== "").join(", ");
  return [name ?? `(${stream})`, String(size), String(taken), maxsize === 0 ? "-" : String(maxsize), String(bytes), notes];
}

async function printFindings(admin: ClusterAdmin): Promise<number> {
  const { lines, advice } = await admin.examine();
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  for (const [label, text] of lines) console.log(label.padEnd(width) + text);
  console.log(advice.length === 0 ? "\nNothing is wrong." : "\nTo look at:");
  for (const each of advice) console.log(`- ${each}`);
  return advice.length === 0 ? 0 : 1;
}
