import { expect, it } from "vitest";
import { clusterArguments } from "../../../src/cli/cluster.ts";

const where = ["--servers", "nats://127.0.0.1:4222", "--namespace", "shop"];
const given = { servers: "nats://127.0.0.1:4222", namespace: "shop" };

it("reads what is to be done with dead letters", () => {
  expect(clusterArguments(["dlq", "list", ...where])).toEqual({ command: "dlq", values: { ...given, action: "list" } });
  expect(clusterArguments(["dlq", ...where, "drop", "7"])).toEqual({ command: "dlq", values: { ...given, action: "drop", number: "7" } });
  expect(clusterArguments(["dlq", "retry", "7", "--timeout", "50", ...where])).toEqual({
    command: "dlq",
    values: { ...given, action: "retry", number: "7", timeout: "50" },
  });
});

it.each(["", "list 1", "drop", "retry", "retry 0", "retry 1 2", "drop 1 --timeout 5", "retry 1 --timeout x", "retry -1", "begin 1"])(
  "refuses dlq %s",
  (words) => {
    expect(clusterArguments(["dlq", ...words.split(" ").filter(Boolean), ...where])).toBeUndefined();
  },
);

it("takes words for dlq alone", () => {
  expect(clusterArguments(["queues", "list", ...where])).toBeUndefined();
});
