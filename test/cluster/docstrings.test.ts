// Each example of a docstring that needs a server prints what its comments say.
import { expect, it } from "vitest";
import { checkExamples, ON_CLUSTER } from "../suite/docstrings.ts";
import { NatsServer } from "./servers/server.ts";

it("examples in docstrings print what their comments say", async () => {
  await using server = await NatsServer.start();
  expect(ON_CLUSTER.length).toBeGreaterThan(2);
  // The usual port may belong to a server of this machine.
  await checkExamples(
    "node",
    ON_CLUSTER.map((example) => ({ ...example, code: example.code.replace("nats://127.0.0.1:4222", server.url) })),
  );
});
