import type { Command } from "./contract.ts";
import { platform } from "./platform.ts";

type Variables = Record<string, string | undefined>;

/**
 * Returns the environment of a program to be started: that of this process with the command's changes. On Windows, "PATH" also changes a
 * variable "Path": with both, the program would get one of them by chance.
 */
export function variablesFor({ environment, env }: Pick<Command, "environment" | "env">): Variables {
  const own: Variables = { ...(environment ?? process.env) };
  if (platform.ignoresCaseOfVariables) {
    const changed = new Set(Object.keys(env).map((name) => name.toUpperCase()));
    for (const name of Object.keys(own)) if (changed.has(name.toUpperCase())) delete own[name];
  }
  return { ...own, ...env };
}
