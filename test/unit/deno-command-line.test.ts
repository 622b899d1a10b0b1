import { describe, expect, it } from "vitest";
import { flagsOf, unlessReplaced } from "../../src/runtime/deno/command-line.ts";
import { carriedDenoFlags } from "../../src/runtime/deno/own-flags.ts";

/** The flags in a command line, as Deno would write them with long names. */
function flags(line: string): string[] {
  return flagsOf(line.split(" ")).map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
}

describe("the flags in Deno's command line", () => {
  it("end where the program begins", () => {
    expect(flags("run -A --quiet main.ts --cert x -E")).toEqual(["allow-all", "quiet"]);
    expect(flags("-A main.ts run")).toEqual(["allow-all"]);
    expect(flags("main.ts -A")).toEqual([]);
    expect(flags("run --allow-read -- -A")).toEqual(["allow-read"]);
  });

  it("may have their value in the next word", () => {
    expect(flags("run --import-map map.json -c deno.json --cert=ca.pem main.ts")).toEqual([
      "import-map=map.json",
      "config=deno.json",
      "cert=ca.pem",
    ]);
    expect(flags("run --lock deno.lock --lock --seed 5 main.ts")).toEqual(["lock=deno.lock", "lock", "seed=5"]);
    expect(flags("run -c=deno.json -cother.json main.ts")).toEqual(["config=deno.json", "config=other.json"]);
  });

  it("may stand together in one word", () => {
    expect(flags("run -RWN main.ts")).toEqual(["allow-read", "allow-write", "allow-net"]);
    expect(flags("run -ER=/tmp,/opt main.ts")).toEqual(["allow-env", "allow-read=/tmp,/opt"]);
  });

  it("follow the modules in a run of tests", () => {
    expect(flags("test -A a.test.ts --filter name --cert ca.pem")).toEqual(["allow-all", "filter", "cert=ca.pem"]);
  });

  it("are carried over if they say how to run, and not what", () => {
    const words =
      "run -A --watch --inspect=9229 --reload --env-file=x --unstable-kv --no-lock --seed=5 --ext ts --import-map=https://x.y/z";
    expect(carriedDenoFlags(flagsOf(words.split(" ")))).toEqual(["--unstable-kv", "--no-lock", "--seed=5", "--import-map=https://x.y/z"]);
  });

  it("give way to the child's own flags that Deno refuses beside them", () => {
    const carried = ["--allow-read", "--deny-env", "--config=/deno.json", "--lock=/deno.lock"];
    expect(unlessReplaced(carried, ["-A"])).toEqual(carried.slice(1));
    expect(unlessReplaced(carried, ["--no-config", "--no-lock"])).toEqual(["--allow-read", "--deny-env"]);
    expect(unlessReplaced(carried, ["--allow-env"])).toEqual(carried);
  });
});
