// The cases of the shared suite, on objects that live on a cluster. Its queues, locks and events behave like those of one machine.
import { randomUUID } from "node:crypto";
import { afterAll } from "vitest";
import { RUNTIMES } from "../suite/runtimes.ts";
import { defineSuite } from "../suite/suite.ts";
import { NatsServer } from "./servers/server.ts";
import { NAMES } from "./suite/reason-to-skip.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

for (const runtime of RUNTIMES)
  await defineSuite(runtime, `cluster:suite-${randomUUID()}`, {
    names: NAMES,
    // The slow cases are about processes, which are those of one machine here, too.
    tier: "quick",
    setting: {
      preload: "test/cluster/suite/connect",
      env: { POLYPROC_TEST_SERVERS: server.url },
      skipped: "test/cluster/suite/reason-to-skip",
    },
  });
