import { readProc } from "../platform.ts";
import type { DenoHost } from "./host.ts";

/** A flag of Deno, by its long name without "--". */
export interface DenoFlag {
  readonly name: string;
  readonly value: string | undefined;
}

const SHORT: Readonly<Record<string, string>> = {
  A: "allow-all",
  R: "allow-read",
  W: "allow-write",
  I: "allow-import",
  N: "allow-net",
  E: "allow-env",
  S: "allow-sys",
  P: "permission-set",
  c: "config",
  L: "log-level",
  q: "quiet",
  r: "reload",
};

// Flags whose value may be a word of its own. All others take a value only after "=".
const TAKES_WORD = new Set([
  "cert",
  "conditions",
  "config",
  "ext",
  "import",
  "import-map",
  "inspect-publish-uid",
  "location",
  "lock",
  "log-level",
  "min-dep-age",
  "minimum-dependency-age",
  "node-modules-linker",
  "preload",
  "require",
  "seed",
]);
// Commands in which flags may follow the modules, up to "--". In all others, what follows the module is for the program.
const FLAGS_ANYWHERE = new Set(["test", "bench"]);
const COMMANDS = new Set(["run", "serve", "eval", ...FLAGS_ANYWHERE]);

const known = new WeakMap<DenoHost, { readonly flags: readonly DenoFlag[] | undefined }>();

/** Returns the flags with which Deno was started, or `undefined` if this process can't know them. */
export function ownFlags(host: DenoHost): readonly DenoFlag[] | undefined {
  let own = known.get(host);
  if (own === undefined) {
    const words = commandLine(host);
    own = { flags: words === undefined ? undefined : flagsOf(words.slice(1)) };
    known.set(host, own);
  }
  return own.flags;
}

/** Returns the flags in the words of a command line after the program. */
export function flagsOf(words: readonly string[]): DenoFlag[] {
  const flags: DenoFlag[] = [];
  let command = "";
  for (let i = 0; i < words.length && words[i] !== "--"; i++) {
    const word = words[i] ?? "";
    if (!word.startsWith("-")) {
      if (command !== "" || !COMMANDS.has(word)) {
        if (!FLAGS_ANYWHERE.has(command)) break;
      } else command = word;
      continue;
    }
    for (const flag of flagsOfWord(word)) {
      const next = words[i + 1];
      if (flag.value !== undefined || !TAKES_WORD.has(flag.name) || next === undefined || next.startsWith("-")) flags.push(flag);
      else {
        flags.push({ ...flag, value: next });
        i++;
      }
    }
  }
  return flags;
}

// Flags that Deno refuses together.
const EXCLUSIVE: Readonly<Record<string, RegExp>> = {
  "allow-all": /^--allow-(?!scripts)/,
  "permission-set": /^--allow-(?!scripts)/,
  config: /^--no-config$/,
  "no-config": /^--config=/,
  lock: /^--no-lock$/,
  "no-lock": /^--(lock|frozen)/,
};

/** Returns the flags without those that Deno refuses, or reads otherwise, together with the user's flags for the child. */
export function unlessReplaced(flags: readonly string[], users: readonly string[]): string[] {
  const replaced = flagsOf(users).flatMap(({ name }) => EXCLUSIVE[name] ?? []);
  return flags.filter((flag) => !replaced.some((pattern) => pattern.test(flag)));
}

// One word may have several short flags, such as -RW=/tmp. The value belongs to the last one.
function flagsOfWord(word: string): DenoFlag[] {
  const at = word.indexOf("=");
  const [names, value] = at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  if (names.startsWith("--")) return [{ name: names.slice(2), value }];
  const letters = [...names.slice(1)];
  const [first = ""] = letters;
  const long = SHORT[first];
  if (long !== undefined && TAKES_WORD.has(long)) return [{ name: long, value: value ?? (names.slice(2) || undefined) }];
  return letters.map((letter, i) => ({ name: SHORT[letter] ?? letter, value: i === letters.length - 1 ? value : undefined }));
}

// Deno tells a program its arguments, but not its own flags. Linux does, but Deno lets only a program with all permissions read that. Other
// programs may ask a program that they may run.
function commandLine(host: DenoHost): string[] | undefined {
  const path = `/proc/${host.pid}/cmdline`;
  const read = [
    () => readProc(`${host.pid}/cmdline`),
    () => outputOf(host, "cat", [path]),
    () => outputOf(host, host.execPath(), ["eval", "--no-config", `await Deno.stdout.write(await Deno.readFile(${JSON.stringify(path)}))`]),
  ];
  for (const attempt of read)
    try {
      const words = attempt().split("\0").slice(0, -1);
      if (words.length > 0) return words;
    } catch {
      // Not permitted, not there, or another system than Linux.
    }
  return undefined;
}

function outputOf(host: DenoHost, program: string, args: readonly string[]): string {
  if (host.build.os !== "linux" || host.permissions.querySync({ name: "run", command: program }).state !== "granted") return "";
  const { success, stdout } = new host.Command(program, { args, stdin: "null", stdout: "piped", stderr: "null" }).outputSync();
  return success ? new TextDecoder().decode(stdout) : "";
}
