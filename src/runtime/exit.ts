/** Calls back when the process emits "exit". The returned function takes the callback back. */
export function onProcessExit(callback: (code: number) => void): () => void {
  process.on("exit", callback);
  return () => void process.off("exit", callback);
}
