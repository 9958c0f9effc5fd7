import { type Signal, signal } from "@preact/signals";

/** How many keys wait, as it was said last; null while nobody has. Who shows the list knows it, and the others ask. */
export const waitingCount: Signal<number | null> = signal<number | null>(null);
