import { execFileSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit } from "../servers/scripts.ts";
import { enter, ip, pidsIn, removal, shape, show } from "./ip.ts";

/** A simulated host: programs in it have a network card of their own, and share files and processes with this machine. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** The start of a command line that runs a program in the host. The program is the process that was started, so it can be killed. */
  readonly command: readonly string[];
  /** Pulls the cable out. No program is told. */
  cut(): void;
  /** Takes its power: the cable is out, and its programs are killed before they can say anything. */
  crash(): void;
  /** Puts the cable in again, and waits until it carries data. */
  heal(): Promise<void>;
  /** Makes what the host sends slow, such as "netem delay 50ms" or "tbf rate 1mbit burst 10k latency 100ms", or normal: "pfifo". */
  shape(discipline: string): void;
}

interface Plan {
  readonly name: string;
  readonly address: string;
  /** The network namespace of the host, in which its card is named eth0. */
  readonly space: string;
  /** Its port in the switch. */
  readonly port: string;
}

/**
 * Simulated hosts on this machine: network namespaces, whose links meet in a switch. This process has a link to the switch as well. `stop` it, or
 * hold it with `using`. It does not outlive this process.
 */
export class Network {
  readonly hosts: readonly Host[];
  /** Begins the names of all its parts, because other tests may run on this machine. It is also that of this process's network card. */
  readonly #id: string = `pp${randomBytes(4).toString("hex")}`;
  readonly #switch: string = `${this.#id}-switch`;
  readonly #subnet: string = freeSubnet();
  readonly #plans: readonly Plan[];
  readonly #removal: readonly string[];
  readonly #forget: () => void;

  /** Makes hosts of these names, and waits until they reach each other. */
  static async start(...names: readonly string[]): Promise<Network> {
    const network = new Network(names);
    try {
      network.#make();
      for (const host of network.hosts) await host.heal();
      await isUp(network.#id);
    } catch (error) {
      network.stop();
      throw error;
    }
    return network;
  }

  private constructor(names: readonly string[]) {
    this.#plans = names.map((name, i) => {
      return { name, address: `${this.#subnet}.${i + 2}`, space: `${this.#id}-${name}`, port: `port${i}` };
    });
    this.#removal = removal([this.#switch, ...this.#plans.map(({ space }) => space)]);
    this.#forget = atExit({ run: this.#removal });
    this.hosts = this.#plans.map(({ name, address, space, port }) => {
      const cut = (): void => ip([`link set ${port} down`], this.#switch);
      return {
        name,
        address,
        command: enter(space),
        cut,
        crash: () => {
          cut();
          killAllIn(space);
        },
        heal: async () => {
          ip([`link set ${port} up`], this.#switch);
          await isUp("eth0", space);
          await isUp(port, this.#switch);
        },
        shape: (discipline) => shape(space, "eth0", discipline),
      };
    });
  }

  #make(): void {
    const [id, plans] = [this.#id, this.#plans];
    ip([
      ...[this.#switch, ...plans.map(({ space }) => space)].map((space) => `netns add ${space}`),
      ...plans.map(({ space, port }) => `link add eth0 netns ${space} type veth peer name ${port} netns ${this.#switch}`),
      `link add ${id} type veth peer name here netns ${this.#switch}`,
      `address add ${this.#subnet}.1/24 dev ${id}`,
      `link set ${id} up`,
    ]);
    const ports = ["here", ...plans.map(({ port }) => port)];
    ip(["link add bridge type bridge", "link set bridge up", ...ports.map((port) => `link set ${port} master bridge up`)], this.#switch);
    for (const { space, address } of plans) ip([`address add ${address}/24 dev eth0`, "link set eth0 up", "link set lo up"], space);
  }

  host(name: string): Host {
    const host = this.hosts.find((each) => each.name === name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  /** Kills what runs in the hosts, and removes them. */
  stop(): void {
    const [program = "", ...args] = this.#removal;
    execFileSync(program, args, { stdio: "ignore" });
    this.#forget();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Kills what runs in a namespace, and what that starts meanwhile. */
function killAllIn(space: string): void {
  for (let pids = pidsIn(space); pids.length > 0; pids = pidsIn(space))
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
}

/** Waits for a network card, and for the switch if it is a port there. The kernel takes up to a second, and drops what is sent until then. */
async function isUp(card: string, space?: string): Promise<void> {
  const isDown = (text: string): boolean => !text.includes(" state UP ") || /bridge_slave state (?!forwarding)/.test(text);
  while (isDown(show(card, space))) await sleep(20);
}

/** The first three numbers of addresses that nothing on this machine has. The range is meant for tests of networks. */
function freeSubnet(): string {
  const taken = Object.values(networkInterfaces()).flatMap((cards = []) => cards.map(({ address }) => address));
  for (;;) {
    const subnet = `198.${randomInt(18, 20)}.${randomInt(256)}`;
    if (!taken.some((address) => address.startsWith(`${subnet}.`))) return subnet;
  }
}

/** Says why this user can't make simulated hosts here, or none whose links have such a discipline. */
export async function networkFault(discipline?: string): Promise<string | undefined> {
  try {
    using network = await Network.start("probe");
    if (discipline !== undefined) network.host("probe").shape(discipline);
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer | null };
    const what = discipline === undefined ? "simulated hosts" : `simulated hosts with "${discipline}"`;
    return `${what} can't be made here: ${
      String(stderr ?? error)
        .trim()
        .split("\n")[0]
    }`;
  }
}
