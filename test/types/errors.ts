// This file is compiled and never run. It shows what must not compile, and that the error is at the argument that is wrong: in the line below
// each comment.
import { Pool, Process, Queue } from "polyproc";
import { add, configure, double, none, optional } from "./targets.js";

const pool = new Pool();
const process = new Process({ target: add, args: [1, 2] });

// @ts-expect-error the result is a string
export const wrong: Promise<number> = process.result();

new Process({
  target: add,
  args: [
    1,
    // @ts-expect-error a string is no number
    "2",
  ],
});
new Process({
  target: add,
  // @ts-expect-error an argument too few
  args: [1],
});
new Process({
  target: add,
  // @ts-expect-error an argument too many
  args: [1, 2, 3],
});
// @ts-expect-error args are missing
new Process({ target: add });
new Process({
  target: none,
  // @ts-expect-error an option that does not exist
  nane: "x",
});
new Process({
  target: configure,
  args: ["x"],
  kwargs: {
    // @ts-expect-error verbose is a boolean
    verbose: 1,
  },
});
new Process({
  target: configure,
  // @ts-expect-error the last argument is neither in args nor in kwargs
  args: ["x"],
});
new Process({
  // @ts-expect-error a symbol is no target
  target: Symbol("add"),
});

void pool.apply(add, [
  1,
  // @ts-expect-error a string is no number
  "2",
]);
void pool.apply(
  add,
  // @ts-expect-error an argument too few
  [1],
);
void pool.apply(
  add,
  // @ts-expect-error an argument too many
  [1, 2, 3],
);
// @ts-expect-error the arguments are missing
void pool.apply(add);
void pool.apply(
  optional,
  [
    1,
    // @ts-expect-error the optional argument is a string
    2,
  ],
);
void pool.apply(configure, ["x"], {
  kwargs: {
    // @ts-expect-error verbose is a boolean
    verbose: 1,
  },
});
void pool.apply(add, [1, 2], {
  // @ts-expect-error an option that does not exist
  timeOut: 5,
});
void pool.map(
  double,
  // @ts-expect-error strings are no numbers
  ["1"],
);
// @ts-expect-error the target needs a second argument, which only kwargs gives
void pool.map(configure, ["x"]);
void pool.map(configure, ["x"], {
  kwargs: {
    // @ts-expect-error verbose is a boolean
    verbose: 1,
  },
});
void pool.starmap(
  add,
  // @ts-expect-error a string is no number
  [["1", 2]],
);
void pool.starmap(
  add,
  // @ts-expect-error an argument too few
  [[1]],
);

const queue = new Queue<number>();
void queue.put(
  // @ts-expect-error the queue holds numbers
  "text",
);
void queue.putMany(
  // @ts-expect-error the queue holds numbers
  ["text"],
);
void queue.get({
  // @ts-expect-error a list of processes, and not one
  from: process,
});

new Pool({
  initializer: add,
  // @ts-expect-error an argument too few
  initArgs: [1],
});
new Pool({
  initializer: add,
  initArgs: [
    1,
    // @ts-expect-error a string is no number
    "2",
  ],
});
new Pool({
  initializer: none,
  // @ts-expect-error an argument too many
  initArgs: [1],
});
// @ts-expect-error initArgs are missing
new Pool({ initializer: add });
new Pool({
  initializer: none,
  // @ts-expect-error an option that does not exist
  proceses: 3,
});
