// Imported ahead of the job: the job finds what it left.
(globalThis as { preloadedBefore?: boolean }).preloadedBefore = true;

export {};
