import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

// Folders that hold the programs of an administrator are not on everyone's PATH.
const [ipFile = "ip", tcFile = "tc"] = ["ip", "tc"].map(
  (name) => ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? name,
);

/** Changes to the network, one a line, as the program ip reads them. */
export function ip(changes: readonly string[], namespace?: string): void {
  run(ipFile, [...within(namespace), "-batch", "-"], changes.join("\n"));
}

/** The state of a network card, and of the switch's port that it is. */
export function show(card: string, namespace?: string): string {
  return run(ipFile, [...within(namespace), "-details", "link", "show", card]);
}

function within(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ["-netns", namespace];
}

/** Sets how a network card sends: "netem delay 50ms", or "pfifo", which sends at once. */
export function shape(namespace: string, card: string, discipline: string): void {
  run(tcFile, [...within(namespace), "qdisc", "replace", "dev", card, "root", ...discipline.split(" ")]);
}

/** The start of a command line that runs a program in a namespace. */
export function enter(namespace: string): readonly string[] {
  return [ipFile, "netns", "exec", namespace];
}

/** The numbers of the processes in a namespace. */
export function pidsIn(namespace: string): readonly number[] {
  return run(ipFile, ["netns", "pids", namespace]).split("\n").filter(Boolean).map(Number);
}

/** A command that kills what runs in namespaces and removes them, with their cards. Those that do not exist are passed over. */
export function removal(namespaces: readonly string[]): readonly string[] {
  const script = 'ip=$1; shift; for name; do "$ip" netns pids "$name" | xargs -r kill -9; "$ip" netns del "$name"; done; exit 0';
  return ["/bin/sh", "-c", script, "sh", ipFile, ...namespaces];
}

function run(program: string, args: readonly string[], input = ""): string {
  return execFileSync(program, args, { input, encoding: "utf8", stdio: "pipe", timeout: 20_000 });
}
