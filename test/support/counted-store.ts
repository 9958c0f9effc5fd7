import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";

/** A store that says how many listen to its events. */
export function openCountedStore(): TrustStore & { readonly listeners: () => number } {
  const store = openMemoryStore();
  const onEvents = store.onEvents.bind(store);
  let open = 0;
  store.onEvents = (listener) => {
    const stop = onEvents(listener);
    open += 1;
    return () => {
      open -= 1;
      stop();
    };
  };
  return Object.assign(store, { listeners: () => open });
}
