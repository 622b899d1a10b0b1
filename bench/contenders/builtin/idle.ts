// An idle program: how much memory does a runtime need?
export {};

setInterval(() => {}, 2 ** 31 - 1);
