// `npm run demo -- --cluster`: the same words are counted on three hosts, one of which loses its power in the middle of the work.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchesIn, countWords, printQuarters, type ShowProgress, sorted } from "../../examples/index-files.ts";
import { connectCluster, cpuCount, getContext } from "../../mod.ts";
import { Network, networkFault } from "../../test/cluster/hosts/network.ts";
import { atExit, findServer } from "../../test/cluster/servers/scripts.ts";
import { NatsServer } from "../../test/cluster/servers/server.ts";
import { commandLine } from "../../test/suite/runtimes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const NAMESPACE = "demo";
/** A host that is silent for so many milliseconds counts as dead. */
const LEASE_MS = 3000;
const SLOTS = 2;
/** The hosts, and the runtimes of their agents and workers. */
const HOSTS = [
  ["a", "node"],
  ["b", "deno"],
  ["c", "bun"],
] as const;
const VICTIM = "b";

/** An agent on a host of its own. */
interface Member {
  readonly name: string;
  readonly agent: ChildProcess;
  /** Resolves when the agent has free slots. */
  readonly ready: Promise<void>;
  /** Ends the host without a farewell, and says how. */
  crash(): string;
}

/**
 * Counts the words of a folder on this machine and on a cluster, and says whether both found the same.
 *
 * @param scratch a folder for the temporary files of the hosts
 */
export async function countOnCluster(folder: string, scratch: string): Promise<boolean> {
  const found = findServer();
  if ("reason" in found) {
    console.error(found.reason);
    return false;
  }
  atExit({ remove: scratch });
  // What this process would leave there if it were killed goes with the folder.
  process.env.TMPDIR = scratch;
  const fault = await networkFault();
  using network = fault === undefined ? await Network.start("server", ...HOSTS.map(([name]) => name)) : undefined;
  await using server = await NatsServer.start({ host: network?.host("server") });
  await using mp = await connectCluster({ servers: server.url, namespace: NAMESPACE, lease: LEASE_MS, root });
  console.log(
    network === undefined
      ? `A nats-server ${found.version} runs, and three agents as processes of this machine, because ${fault}.`
      : `A nats-server ${found.version} and three hosts run, each in a network of its own, with cables to one switch.`,
  );
  const members = HOSTS.map(([name, runtime]) => startAgent(name, runtime, server.url, scratch, network));
  try {
    await Promise.all(members.map(({ ready }) => ready));
    console.log(`On each host runs an agent with ${SLOTS} workers: ${HOSTS.map(([name, runtime]) => `${runtime} on ${name}`).join(", ")}.`);
    const processes = SLOTS * HOSTS.length;
    const batches = batchesIn(folder, processes);
    console.log("\nWithout the cluster, to have something to compare with:");
    const local = await countWords(getContext(), batches, cpuCount(), printQuarters("this machine", batches.length));
    console.log(`\nThe same with the pool of the cluster, whose ${processes} workers are on the three hosts:`);
    const victim = members.find(({ name }) => name === VICTIM);
    const remote = await countWords(mp, batches, processes, crashing(victim)("the cluster", batches.length));
    const { died, retried } = remote.stats;
    console.log(`Workers that were lost: ${died}. Tasks that ran again elsewhere: ${retried}.`);
    const [here, there] = [sorted(local.counts.words), sorted(remote.counts.words)];
    const { files, words } = remote.counts;
    console.log(`\n${files} files, ${words.size} different words in ${(remote.ms / 1000).toFixed(1)} s`);
    const isEqual = here.digest === there.digest && local.counts.files === files;
    console.log(isEqual ? "The cluster found the same words as this machine." : "The results of the cluster and of this machine differ.");
    return isEqual;
  } finally {
    await Promise.all(members.map(({ agent }) => end(agent)));
  }
}

/** Shows the progress, and lets a host crash early, so that its workers have work left, also if this process hears late of what is done. */
function crashing(victim: Member | undefined): ShowProgress {
  return (title, total) => {
    const show = printQuarters(title, total);
    let isOver = false;
    return (done) => {
      show(done);
      if (isOver || done < total / 6) return;
      isOver = true;
      console.log(`host ${victim?.name}: ${victim?.crash()}. After ${LEASE_MS / 1000} s of silence it counts as dead.`);
    };
  };
}

/** Starts an agent on a host. */
function startAgent(name: string, runtime: string, servers: string, scratch: string, network: Network | undefined): Member {
  const host = network?.host(name);
  const temp = join(scratch, name);
  mkdirSync(temp);
  const options = { servers, namespace: NAMESPACE, lease: LEASE_MS, root, allow: "examples/index-files.ts", slots: SLOTS };
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const [program, rest] = commandLine(runtime, join(root, "src/cli/polyproc.ts"), ["agent", ...args]);
  const [first = "", ...line] = [...(host?.command ?? []), program, ...rest];
  const agent = spawn(first, line, { env: { ...process.env, TMPDIR: temp }, stdio: ["ignore", "pipe", "pipe"] });
  if (agent.pid !== undefined) agent.once("exit", atExit({ kill: agent.pid }));
  const ready = new Promise<void>((resolve, reject) => {
    let output = "";
    const hear = (text: string): void => {
      output += text;
      if (output.includes("is ready")) resolve();
    };
    agent.stdout.setEncoding("utf8").on("data", hear);
    agent.stderr.setEncoding("utf8").on("data", hear);
    agent.once("error", reject);
    agent.once("close", () => reject(new Error(`The agent of host ${name} ended: ${output}`)));
  });
  const crash = (): string => {
    if (host === undefined) {
      agent.kill("SIGKILL");
      return "its agent is killed, and its workers end with it";
    }
    host.crash();
    return "its cable is cut, and all that runs there is killed";
  };
  return { name, agent, ready, crash };
}

/** Lets an agent end by itself, so that its workers do so, too. */
async function end(agent: ChildProcess): Promise<void> {
  if (agent.pid === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = once(agent, "exit");
  agent.kill("SIGTERM");
  await ended;
}
