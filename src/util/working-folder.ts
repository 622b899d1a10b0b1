/** Returns this process's working folder, or `undefined` if it is gone or if this process may not know it. */
export function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
