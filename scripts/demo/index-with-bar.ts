// The example index-files.ts with a progress bar on terminals. Writes the result as JSON, so that results of several runtimes can be compared.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SingleBar } from "cli-progress";
import { main, type ShowProgress } from "../../examples/index-files.ts";
import { isMain } from "../../mod.ts";
import { positional, readArguments, text } from "../../tools/arguments.ts";

const showBar: ShowProgress = (title, total) => {
  const bar = new SingleBar({
    format: `${title.padEnd(11)} [{bar}] {value}/{total}`,
    barCompleteChar: "#",
    barIncompleteChar: ".",
    barsize: 30,
  });
  bar.start(total, 0);
  return (done) => {
    bar.update(done);
    if (done === total) bar.stop();
  };
};

if (isMain(import.meta)) {
  const { folder, result } = readArguments("scripts/demo/index-with-bar.ts", {
    folder: positional(text(fileURLToPath(new URL("../../node_modules", import.meta.url)))),
    result: text(),
  });
  const found = await main(folder, process.stdout.isTTY ? showBar : undefined);
  if (result !== undefined) writeFileSync(result, JSON.stringify(found));
}
