// How the sources become a few files, which load faster than a module each.

// What is run or imported by its URL keeps its place.
const entries = ["mod", "src/child/main", "src/child/watcher", "src/cli/main", "src/cli/answer"];

export default {
  input: Object.fromEntries(entries.map((name) => [name, `${name}.ts`])),
  external: /^es-module-lexer$/,
  platform: "node",
  // Modules also register what they define.
  treeshake: false,
  output: {
    entryFileNames: "[name].js",
    // Shared parts lie beside src/place.ts, from where URLs are made.
    chunkFileNames: "src/[name]-[hash].js",
    codeSplitting: {
      groups: [
        // All that the watcher needs.
        { name: "runtime", test: /src\/(runtime\/|builtins|errors|place)/, priority: 1 },
        { name: "library", minShareCount: 2 },
      ],
    },
    // Users see the names of classes.
    keepNames: true,
    comments: false,
  },
};
