import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";

type Query = Readonly<Record<string, string>>;
type States = Readonly<Record<string, string>>;

/** Things of each kind of permission: one that tests grant, and one that they deny. */
const things: Readonly<Record<string, readonly [good: Query, bad: Query]>> = {
  read: [{ path: "/opt" }, { path: "/etc" }],
  write: [{ path: "/opt" }, { path: "/etc" }],
  net: [{ host: "good.invalid:80" }, { host: "bad.invalid:80" }],
  env: [{ variable: "GOOD" }, { variable: "BAD" }],
  run: [{ command: "/bin/true" }, { command: "/bin/false" }],
  sys: [{ kind: "hostname" }, { kind: "uid" }],
  ffi: [{ path: "/opt" }, { path: "/etc" }],
  import: [{ host: "good.invalid:443" }, { host: "bad.invalid:443" }],
};
const needed = ["read", "write", "net", "run"];
const kinds = Object.keys(things);
const thingOf = (query: Query): string => Object.values(query)[0] as string;

async function statesWith(
  flags: readonly string[],
  kind: string,
  revoked: readonly Query[] = [],
): Promise<{ parent: States; child: States }> {
  const queries = (things[kind] ?? []).map((query) => ({ name: kind, ...query }));
  const program = new Program("deno", "permissions.ts", {
    flags: ["run", "--no-prompt", ...flags],
    args: [JSON.stringify({ queries, revoked })],
  });
  const states = (await program.json()) as { parent: States; child: States };
  expect(await program.ended).toBe(0);
  return states;
}

describe.each(kinds)("deno: a child of a program with exceptions or parts of --allow-%s", (kind) => {
  const [good, bad] = (things[kind] ?? []) as readonly [Query, Query];
  const [goodName, badName] = [good, bad].map((query) => `${kind} ${thingOf(query)}`) as [string, string];
  const others = needed.filter((name) => name !== kind).map((name) => `--allow-${name}`);

  it("has the exceptions of everything too", async () => {
    const { parent, child } = await statesWith(["--allow-all", `--deny-${kind}=${thingOf(bad)}`], kind);
    expect(parent).toMatchObject({ [goodName]: "granted", [badName]: "denied" });
    expect(child).toEqual(parent);
  });

  it("has the exceptions of the whole kind too", async () => {
    const { parent, child } = await statesWith([...others, `--allow-${kind}`, `--deny-${kind}=${thingOf(bad)}`], kind);
    expect(parent).toMatchObject({ [goodName]: "granted", [badName]: "denied" });
    expect(child).toEqual(parent);
  });

  // A program that can't read its folder, or run Deno, starts no children.
  const parts = { read: "/tmp,/opt", write: "/tmp,/opt", net: undefined, run: "deno,/bin/true" }[kind] ?? thingOf(good);
  if (kind !== "net")
    it("has the parts, and nothing else of the kind", async () => {
      const own = kind === "read" ? [`--allow-read=${new URL("..", import.meta.url).pathname}`] : [];
      const { parent, child } = await statesWith([...others, ...own, `--allow-${kind}=${parts}`], kind);
      expect(parent).toMatchObject({ [kind]: "prompt", [goodName]: "granted", [badName]: "prompt" });
      expect(child).toEqual(parent);
    });
});

describe("deno: permissions of a child", () => {
  it("that its parent gave up are not the child's", async () => {
    const flags = ["--allow-read", "--allow-write", "--allow-net", "--allow-run", "--allow-env", "--allow-sys=uid,hostname"];
    const revoked: Query[] = [{ name: "env" }, { name: "sys", kind: "uid" }];
    const { parent, child } = await statesWith(flags, "sys", revoked);
    expect(parent).toMatchObject({ env: "prompt", "sys hostname": "granted" });
    expect(child).toEqual(parent);
  });

  it("are without a kind whose exceptions are not known, because cat and Deno may not be run to learn them", async () => {
    const flags = ["--allow-all", "--deny-env=BAD", "--deny-run=cat"];
    const { parent, child } = await statesWith(flags, "env");
    expect(parent).toMatchObject({ env: "granted", "env BAD": "denied" });
    expect(child).toEqual(parent);
  });
});
