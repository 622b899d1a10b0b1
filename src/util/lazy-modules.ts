// Modules of Node's that cost a start milliseconds and MiB: loaded by whoever first needs one, and not as an ES module, which would load
// at once all that it would load late itself.

export const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");
export const fs = (): typeof import("node:fs") => process.getBuiltinModule("node:fs");
export const modules = (): typeof import("node:module") => process.getBuiltinModule("node:module");
export const net = (): typeof import("node:net") => process.getBuiltinModule("node:net");
export const os = (): typeof import("node:os") => process.getBuiltinModule("node:os");
export const stream = (): typeof import("node:stream") => process.getBuiltinModule("node:stream");
export const util = (): typeof import("node:util") => process.getBuiltinModule("node:util");
