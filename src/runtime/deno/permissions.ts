import type { EntryOptions } from "../contract.ts";
import { platform } from "../platform.ts";
import { absolute } from "../start-folder.ts";
import type { DenoFlag } from "./command-line.ts";
import { type DenoHost, firstModule, type Permission, type PermissionQuery } from "./host.ts";

const PERMISSIONS: readonly Permission[] = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

/** The hosts from which every Deno program may import, unless `--allow-import` names others. */
const USUAL_IMPORT_HOSTS = [
  "deno.land",
  "jsr.io",
  "esm.sh",
  "raw.esm.sh",
  "cdn.jsdelivr.net",
  "raw.githubusercontent.com",
  "gist.githubusercontent.com",
].map((name) => `${name}:443`);

/** Whether this process has a permission already. Deno is never asked to prompt, because a prompt would stop the program. */
export function isGranted(host: DenoHost | undefined, query: PermissionQuery): boolean {
  return host?.permissions.querySync(query).state === "granted";
}

/** Whether this process has a kind of permission without any exception. */
export function isWhole(host: DenoHost | undefined, name: Permission): boolean {
  const status = host?.permissions.querySync({ name });
  return status?.state === "granted" && status.partial !== true;
}

/**
 * Returns the permission flags of a Deno child: at most the permissions of this process, with its exceptions, and the folders and the library
 * that this package itself needs.
 *
 * @param own the flags of this process; if they are not known, its exceptions are not known either, and a kind that has some is not passed on
 */
export function childPermissions(host: DenoHost | undefined, own: readonly DenoFlag[] | undefined, options: EntryOptions): string[] {
  const { library, writable } = options;
  // If the user passes FFI flags for the child, the child gets only those.
  const addsFfi = library !== undefined && !options.execArgv.some((flag) => flag.startsWith("--allow-ffi"));
  if (host === undefined) {
    // A parent on another runtime has no permissions to pass on. On Windows, Deno opens named pipes only with all of them.
    if (!platform.hasSocketFiles) return options.execArgv.some((flag) => flag.startsWith("--allow-")) ? [] : ["--allow-all"];
    // The child gets the whole FFI permission, because views of shared memory
    // need it.
    return ["--allow-read", "--allow-net", ...writable.map((folder) => `--allow-write=${folder}`), ...(addsFfi ? ["--allow-ffi"] : [])];
  }
  const has = (name: Permission, path?: string): boolean => isGranted(host, { name, path });
  const kinds = PERMISSIONS.map((name) => permissionsOf(host, own ?? [], name));
  const passed = kinds.flatMap(({ flags }) => flags);
  const whole = new Set(PERMISSIONS.filter((_, i) => kinds[i]?.whole));
  const needed = writable.flatMap((folder) => [
    ...(!whole.has("write") && has("write", folder) ? [`--allow-write=${folder}`] : []),
    ...(!whole.has("read") && has("read", folder) ? [`--allow-read=${folder}`] : []),
  ]);
  if (addsFfi && !whole.has("ffi")) needed.push(`--allow-ffi=${library}`);
  if (library !== undefined && !whole.has("read")) needed.push(`--allow-read=${library},${library}.sha256`);
  const importing = passed.some((flag) => flag.startsWith("--allow-import")) ? [] : importPermission(host, options.entry);
  return [...passed, ...needed, ...importing];
}

/** Returns why this process may not load a library, or `undefined` if it may. */
export function libraryRefusal(host: DenoHost | undefined, path: string): string | undefined {
  const missing = (["ffi", "read"] as const).find((name) => !isGranted(host, { name, path }));
  return missing === undefined ? undefined : `Deno was started without --allow-${missing} for ${path}`;
}

// The flags that pass one kind of permission on, and whether the child gets the kind as a whole, apart from exceptions.
function permissionsOf(host: DenoHost, own: readonly DenoFlag[], name: Permission): { flags: string[]; whole: boolean } {
  const exceptions = ["deny", "ignore"].flatMap((verb) => listed(own, `${verb}-${name}`, name));
  const { state, partial = false } = host.permissions.querySync({ name });
  // Deno itself excepts the programs that may be run from those that may be written. It does so in the child too.
  const isUsual = name === "write" && own.some((flag) => flag.name === "allow-run" && flag.value !== undefined);
  // With exceptions that are not known, the kind as a whole would be more than this process has.
  if (state === "granted" && (!partial || exceptions.length > 0 || isUsual))
    return { flags: [`--allow-${name}`, ...exceptions], whole: true };
  const granted = state === "granted" ? [] : listed(own, `allow-${name}`, name, (value) => isStillGranted(host, queryOf(name, value)));
  return { flags: [...granted, ...exceptions], whole: false };
}

// The flags of this name, with those of their values that are wanted. Each value gets a flag of its own.
function listed(own: readonly DenoFlag[], flag: string, name: Permission, wanted: (value: string) => boolean = () => true): string[] {
  return own
    .filter((each) => each.name === flag)
    .flatMap(({ value }) => {
      if (value === undefined) return flag.startsWith("allow") ? [] : [`--${flag}`];
      return value
        .split(",")
        .map((each) => absoluteValue(name, each))
        .filter(wanted)
        .map((each) => `--${flag}=${each}`);
    });
}

function absoluteValue(name: Permission, value: string): string {
  // A program without a slash is looked for on PATH.
  const isPath = name === "read" || name === "write" || name === "ffi" || (name === "run" && value.includes("/"));
  return isPath ? absolute(value) : value;
}

// This process may have given up a permission since its start. Deno can't be asked about a pattern or a range of hosts, so those are not
// passed on.
function isStillGranted(host: DenoHost, query: PermissionQuery): boolean {
  try {
    return isGranted(host, query);
  } catch {
    return false;
  }
}

function queryOf(name: Permission, value: string): PermissionQuery {
  if (name === "read" || name === "write" || name === "ffi") return { name, path: value };
  if (name === "net" || name === "import") return { name, host: value };
  if (name === "run") return { name, command: value };
  return name === "env" ? { name, variable: value } : { name, kind: value };
}

/**
 * Returns `--allow-import` with the hosts of the program and of this package, if the child needs the flag. The flag replaces the usual
 * hosts, so it must also name those of them that the parent may use.
 */
function importPermission(host: DenoHost, entry: URL): string[] {
  const mayImport = (from?: string) => isGranted(host, { name: "import", host: from });
  if (isWhole(host, "import")) return [];
  // Without the flag, the child may import from the usual hosts and from the host of its first module.
  const withoutFlag = new Set([...USUAL_IMPORT_HOSTS, ...hostAndPort(entry)]);
  const wanted = [...new Set([...withoutFlag, ...hostAndPort(new URL(firstModule(host) ?? entry.href))])].filter(mayImport);
  return wanted.length === 0 || wanted.join() === [...withoutFlag].join() ? [] : [`--allow-import=${wanted}`];
}

function hostAndPort({ protocol, hostname, port }: URL): string[] {
  return /^https?:$/.test(protocol) ? [`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`] : [];
}
