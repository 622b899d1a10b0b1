// Deno: prints the states of the permissions of the parent and of its child: of each kind, and of those that the arguments name as JSON.
import { isMain, Process } from "../../mod.ts";

const kinds = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

interface Query {
  readonly name: string;
  readonly [part: string]: string;
}

interface Permissions {
  querySync(query: Query): { state: string };
  revokeSync(query: Query): unknown;
}

const host = (globalThis as unknown as { Deno?: { permissions: Permissions } }).Deno?.permissions;

export function permissions(queries: readonly Query[] = []): Record<string, string> {
  const all = [...kinds.map((name) => ({ name })), ...queries];
  return Object.fromEntries(all.map((query) => [Object.values(query).join(" "), host?.querySync(query).state ?? "unknown"]));
}

if (isMain(import.meta)) {
  const { queries = [], revoked = [] } = JSON.parse(process.argv[2] ?? "{}") as { queries?: Query[]; revoked?: Query[] };
  for (const query of revoked) host?.revokeSync(query);
  const child = new Process({ target: permissions, args: [queries] });
  await child.start();
  console.log(JSON.stringify({ parent: permissions(queries), child: await child.result() }));
}
