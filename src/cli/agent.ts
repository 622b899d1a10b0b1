import { parseArgs } from "node:util";
import { LocalWorkers } from "../api/pool-workers.ts";
import { openCluster } from "../backend/registry.ts";
import type { WorkerSettings } from "../cluster/agent.ts";
import { DEFAULT_GROUP } from "../launch/check-options.ts";
import { checkPoolOptions } from "../pool/options.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { os } from "../util/lazy-modules.ts";
import { type ClusterArguments, CONNECTION, settingsOf } from "./cluster.ts";
import { messageOf } from "./doctor-checks.ts";

const DRAIN_MS = 30_000;
const string = { type: "string" } as const;
const OPTIONS = {
  ...CONNECTION,
  lease: string,
  root: string,
  allow: { type: "string", multiple: true },
  slots: string,
  group: string,
  "app-version": string,
  "drain-timeout": string,
} as const;
const NEEDED = ["servers", "namespace", "root", "slots"];
const NUMBERS = ["slots", "lease", "drain-timeout"];

/** The arguments of the command. */
export interface AgentArguments {
  readonly values: ClusterArguments["values"];
  readonly allow: readonly string[];
}

/** Reads the arguments of `polyproc agent`. `undefined` if they are wrong. */
export function agentArguments(args: readonly string[]): AgentArguments | undefined {
  try {
    const { allow = [], ...others } = parseArgs({ args: [...args], options: OPTIONS }).values;
    const values: AgentArguments["values"] = others;
    const areNumbers = NUMBERS.every((name) => values[name] === undefined || /^[1-9]\d{0,8}$/.test(values[name]));
    const isWhole = allow.length > 0 && areNumbers && NEEDED.every((name) => values[name] !== undefined);
    return isWhole ? { values, allow } : undefined;
  } catch {
    return undefined;
  }
}

/** Runs an agent until SIGTERM or SIGINT. Returns the exit code. */
export async function agent({ values, allow }: AgentArguments): Promise<number> {
  const letGo = holdEventLoop();
  try {
    const settings = settingsOf(values);
    const [{ Agent }, { programOf }] = await Promise.all([import("../cluster/agent.ts"), import("../cluster/program.ts")]);
    const { root, version } = programOf(values.root, values["app-version"]);
    const { group = DEFAULT_GROUP, "drain-timeout": drain = DRAIN_MS } = values;
    const slots = Number(values.slots);
    const cluster = await openCluster(settings);
    const running = new Agent(cluster.wire, { root, version, allow, slots, group }, localWorkers);
    await cluster.wire.flush();
    process.stdout.write(
      `The agent of ${os().hostname()} (pid ${process.pid}) is ready: namespace ${settings.namespace}, group ${group}, ${slots} slots, version ${version}.\n`,
    );
    await stopped();
    process.stdout.write(`The agent ends. Its ${running.busy} workers complete their tasks.\n`);
    void stopped().then(() => running.kill());
    await running.leave(Number(drain));
    await cluster.close();
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    letGo();
  }
}

function localWorkers({ name, initializes, grace }: WorkerSettings): LocalWorkers {
  const settings = checkPoolOptions({ name, ...(grace === undefined ? {} : { grace }) }, undefined, undefined);
  return new LocalWorkers({ ...settings, initializes, isFar: true }, undefined, undefined);
}

// Resolves with the next signal that asks this process to end.
async function stopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) process.once(signal, () => resolve());
  await promise;
}
