import { type Capabilities, capabilities } from "../api/capabilities.ts";
import { backendProviders } from "../backend/registry.ts";
import { runtime } from "../runtime/current.ts";
import { VERSION } from "../util/version.ts";
import { examineChild, examineLimits, examineNamedMemory, examineTemporaryFolder, type Lines, messageOf } from "./doctor-checks.ts";

/** Prints the features of this machine and runtime, and advice if something is wrong. Returns the exit code. */
export async function doctor(): Promise<number> {
  const lines: Lines = [
    ["polyproc", VERSION],
    ["runtime", `${runtime.name} ${runtime.version}`],
  ];
  const advice: string[] = [];
  const can = examineChoice(lines, advice);
  for (const provider of backendProviders()) {
    const findings = provider.examine?.(can?.backend);
    lines.push(...(findings?.lines ?? []));
    advice.push(...(findings?.advice ?? []));
  }
  examineLimits(lines, advice);
  examineTemporaryFolder(lines, advice);
  if (can?.sharedMemory === true) examineNamedMemory(lines, advice);
  if (can !== undefined) await examineChild(lines, advice);
  print(lines, advice);
  return advice.length === 0 ? 0 : 1;
}

// Reports the backend that is used, and the reason.
function examineChoice(lines: Lines, advice: string[]): Capabilities | undefined {
  try {
    const can = capabilities();
    lines.push(["backend", `${can.backend}: ${can.reason}`]);
    return can;
  } catch (error) {
    lines.push(["backend", "none"]);
    advice.push(messageOf(error));
    return undefined;
  }
}

function print(lines: Lines, advice: readonly string[]): void {
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  for (const [label, text] of lines) console.log(label.padEnd(width) + text);
  console.log(advice.length === 0 ? "\nNothing is wrong." : "\nSomething is wrong:");
  for (const each of advice) console.log(`- ${each}`);
}
