// Modules of Node that would make each start slower and larger. So each is loaded by its first caller. They are not loaded as ES modules,
// because Node would then also load, at once, the modules that these modules load only when needed.

export const crypto = (): typeof import("node:crypto") => process.getBuiltinModule("node:crypto");
export const diagnostics = (): typeof import("node:diagnostics_channel") => process.getBuiltinModule("node:diagnostics_channel");
export const fs = (): typeof import("node:fs") => process.getBuiltinModule("node:fs");
export const modules = (): typeof import("node:module") => process.getBuiltinModule("node:module");
export const net = (): typeof import("node:net") => process.getBuiltinModule("node:net");
export const os = (): typeof import("node:os") => process.getBuiltinModule("node:os");
export const stream = (): typeof import("node:stream") => process.getBuiltinModule("node:stream");
export const v8 = (): typeof import("node:v8") => process.getBuiltinModule("node:v8");
export const vm = (): typeof import("node:vm") => process.getBuiltinModule("node:vm");
export const util = (): typeof import("node:util") => process.getBuiltinModule("node:util");
