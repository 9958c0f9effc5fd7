/** How long something may take that a test waits for, on however slow a machine: what hangs is told by then. */
export const PATIENCE_MS = 60_000;

/** The same for all of a file. */
export const FILE_PATIENCE_MS = 600_000;
