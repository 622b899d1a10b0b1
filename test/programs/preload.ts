// A spare process imports this module before it gets a job. The job then finds the variable.
(globalThis as { preloadedBefore?: boolean }).preloadedBefore = true;

export {};
