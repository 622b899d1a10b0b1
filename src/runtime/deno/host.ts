import { UnsupportedError } from "../../errors/errors.ts";
import type { LibraryFunctions } from "../contract.ts";

/** The kinds of Deno's permissions. */
export type Permission = "read" | "write" | "net" | "env" | "run" | "sys" | "ffi" | "import";

/** A permission as `Deno.permissions` takes it: the whole kind, or one path, program or host of it. */
export interface PermissionQuery {
  readonly name: Permission;
  readonly path?: string;
  readonly command?: string;
  readonly host?: string;
  readonly variable?: string;
  readonly kind?: string;
}

export interface DenoOutput {
  writeSync(bytes: Uint8Array): number;
  write(bytes: Uint8Array): Promise<number>;
}

export interface DenoChild {
  readonly pid: number;
  readonly status: Promise<{ readonly code: number; readonly signal: string | null }>;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  kill(signal: string): void;
  unref(): void;
}

/** The part of `Deno` that is used here. It is declared, so that the published code needs no Deno types. */
export interface DenoHost {
  readonly version: { readonly deno: string };
  /** `undefined` in a worker. */
  readonly mainModule: string | undefined;
  /** The exit code, once `Deno.exit()` was called. */
  readonly exitCode?: number;
  readonly pid: number;
  readonly build: { readonly os: string; readonly standalone?: boolean };
  readonly stdout: DenoOutput;
  readonly stderr: DenoOutput;
  readonly internal: symbol;
  /** Parts of Deno that are not public: they may be missing. */
  readonly [internal: symbol]: { readonly Console?: new (print: (text: string, level: number) => void) => Console } | undefined;
  readonly Command: new (
    file: string,
    options: Record<string, unknown>,
  ) => {
    spawn(): DenoChild;
    outputSync(): { readonly success: boolean; readonly stdout: Uint8Array };
  };
  readonly permissions: { querySync(query: PermissionQuery): { readonly state: string; readonly partial?: boolean } };
  execPath(): string;
  dlopen(path: string, symbols: Record<string, unknown>): { readonly symbols: LibraryFunctions };
  readonly UnsafePointer: { create(address: bigint): object | null };
  readonly UnsafePointerView: { getArrayBuffer(pointer: object | null, length: number): ArrayBuffer };
}

/** `undefined` where another runtime only asks how to start a child that runs on Deno. */
export const currentHost: DenoHost | undefined = (globalThis as unknown as { Deno?: DenoHost }).Deno;

/** Returns the host for a call that works only on Deno. Throws `UnsupportedError` on another runtime. */
export function required(host: DenoHost | undefined): DenoHost {
  if (host === undefined) throw new UnsupportedError("This needs Deno's own functions: use the adapter of the runtime of this process.");
  return host;
}

/** Returns the URL of the first module of this program, or of this worker. */
export function firstModule(host: DenoHost): string | undefined {
  return host.mainModule ?? (globalThis as { readonly location?: { readonly href: string } }).location?.href;
}
