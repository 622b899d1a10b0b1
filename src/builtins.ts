// Modules of Node's that would cost each start milliseconds and MiB: as ES modules they load at once all that they would load late.

/** Every process needs it. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");

/** Loaded by whoever first calls. */
export const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");
export const net = (): typeof import("node:net") => process.getBuiltinModule("node:net");
export const stream = (): typeof import("node:stream") => process.getBuiltinModule("node:stream");
export const util = (): typeof import("node:util") => process.getBuiltinModule("node:util");
