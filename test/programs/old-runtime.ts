// Imports the package on a runtime that says that it is of another version: `old-runtime.ts VERSION`. Prints the error.
const [version = ""] = process.argv.slice(2);
const { Deno: deno } = globalThis as { Deno?: object };
if (deno !== undefined) Object.defineProperty(deno, "version", { value: { deno: version } });
else Object.defineProperty(process, "versions", { value: { ...process.versions, node: version } });
await import("../../mod.ts").then(
  () => console.log("imported"),
  (error: unknown) => console.log(String(error)),
);

export {};
