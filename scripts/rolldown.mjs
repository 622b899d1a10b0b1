// Bundles the sources into a folder, because a few files load faster than many. bundle.mjs runs this with the pinned Node, because Rolldown
// needs a new one.
import { rolldown } from "rolldown";
import { readArguments, text, texts } from "../tools/arguments.ts";

// The modules that are started or imported by their URL keep their own files.
const ENTRIES = ["mod", "src/child/main", "src/child/watcher", "src/cli/main", "src/cli/answer"];

const { folder, inner } = readArguments("node scripts/rolldown.mjs", { folder: text("dist"), inner: texts() });
const build = await rolldown({
  input: Object.fromEntries([...ENTRIES, ...inner].map((name) => [name, `${name}.ts`])),
  external: /^es-module-lexer$/,
  platform: "node",
  // Modules register their classes when they are evaluated, so no module may be left out.
  treeshake: false,
});
await build.write({
  dir: folder,
  entryFileNames: "[name].js",
  // src/place.ts makes URLs relative to its own file, so the shared parts must be in its folder.
  chunkFileNames: "src/[name]-[hash].js",
  codeSplitting: {
    groups: [
      // Everything that the watcher needs, so that it loads one file.
      { name: "runtime", test: /src\/(runtime\/|backend\/folder|builtins|errors|place|random)/, priority: 1 },
      { name: "library", minShareCount: 2 },
    ],
  },
  // Users see the names of classes, for example in errors.
  keepNames: true,
  comments: false,
});
await build.close();
