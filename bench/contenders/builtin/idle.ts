// Waits for ever: what does a runtime need for that?
export {};

setInterval(() => {}, 2 ** 31 - 1);
