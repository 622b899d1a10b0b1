import { parseArgs } from "node:util";
import { checkClusterOptions } from "../api/cluster-options.ts";
import type { ClusterAdmin, ClusterQueueFacts } from "../backend/contract/cluster.ts";
import { type ClusterBackend, openCluster } from "../backend/registry.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { fs } from "../util/lazy-modules.ts";
import { initCluster } from "./cluster-init.ts";
import { deadLetters, deadLetterWords } from "./dead-letters.ts";
import { messageOf } from "./doctor-checks.ts";
import { printTable } from "./table.ts";

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
  dlq: { options: { ...CONNECTION, timeout: string }, needed: ["servers", "namespace"] },
} as const;
/** Agents have so many milliseconds to answer. */
const ANSWER_MS = 500;

/** Reads the arguments. `undefined` if they are wrong. */
export function clusterArguments([command = "", ...args]: readonly string[]): ClusterArguments | undefined {
  if (!Object.hasOwn(COMMANDS, command)) return undefined;
  const { options, needed } = COMMANDS[command as keyof typeof COMMANDS];
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: command === "dlq" });
    const words = command === "dlq" ? deadLetterWords(positionals) : {};
    const given = { ...values, ...words } as ClusterArguments["values"];
    const isNumber = given.timeout === undefined || (given.action === "retry" && /^[1-9]\d{0,8}$/.test(given.timeout));
    const isWhole = words !== undefined && isNumber && needed.every((name) => given[name] !== undefined);
    return isWhole ? { command: command as Command, values: given } : undefined;
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

async function run(command: Command, cluster: ClusterBackend, values: ClusterArguments["values"]): Promise<number> {
  const { admin, wire } = cluster;
  if (command === "doctor") return printFindings(admin);
  if (command === "dlq") return deadLetters(cluster, { ...values, action: values.action ?? "" });
  if (command === "queues") printTable(["QUEUE", "WAITING", "TAKEN", "LIMIT", "BYTES", ""], (await admin.queues()).map(rowOf));
  else {
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
