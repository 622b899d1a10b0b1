import { parseArgs } from "node:util";
import { checkClusterOptions } from "../api/cluster-options.ts";
import type { ClusterAdmin, ClusterQueueFacts } from "../backend/contract/cluster.ts";
import { openCluster } from "../backend/registry.ts";
import { fs } from "../util/lazy-modules.ts";
import { initCluster } from "./cluster-init.ts";
import { messageOf } from "./doctor-checks.ts";

/** The arguments of `polyproc cluster`. */
export interface ClusterArguments {
  readonly command: "init" | "queues" | "doctor";
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
} as const;

/** Reads the arguments. `undefined` if they are wrong. */
export function clusterArguments([command = "", ...args]: readonly string[]): ClusterArguments | undefined {
  if (!Object.hasOwn(COMMANDS, command)) return undefined;
  const { options, needed } = COMMANDS[command as keyof typeof COMMANDS];
  try {
    const { values } = parseArgs({ args: [...args], options }) as { values: ClusterArguments["values"] };
    return needed.every((name) => values[name] !== undefined) ? { command: command as ClusterArguments["command"], values } : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the command. Returns the exit code. */
export async function cluster({ command, values }: ClusterArguments): Promise<number> {
  try {
    if (command === "init") return await initCluster(values.namespace ?? "", values.dir ?? "");
    const connected = await openCluster(settingsOf(values));
    try {
      return await (command === "queues" ? printQueues(connected.admin) : printFindings(connected.admin));
    } finally {
      await connected.close();
    }
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
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

async function printQueues(admin: ClusterAdmin): Promise<number> {
  const queues = await admin.queues();
  const rows = [["QUEUE", "WAITING", "TAKEN", "LIMIT", "BYTES", ""], ...queues.map(rowOf)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
    console.log(cells.join("  ").trimEnd());
  }
  return 0;
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
