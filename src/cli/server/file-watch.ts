import { unwatchFile, watchFile } from "node:fs";

/** Files are looked at this often: notices of the system do not come from every file system. */
const EVERY_MS = 500;
/** A certificate and its key are replaced one after the other. */
const SETTLE_MS = 250;

/** Calls back when files change, or links on the way to them do, and they have settled. */
export class FileWatch implements Disposable {
  readonly #onChange: () => void;
  readonly #files = new Set<string>();
  #settling: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Looks at these, and at no others any more. */
  watch(files: readonly string[]): void {
    for (const file of this.#files) {
      if (files.includes(file)) continue;
      unwatchFile(file, this.#changed);
      this.#files.delete(file);
    }
    for (const file of files) {
      if (this.#files.has(file)) continue;
      watchFile(file, { interval: EVERY_MS, persistent: false }, this.#changed);
      this.#files.add(file);
    }
  }

  [Symbol.dispose](): void {
    this.watch([]);
    clearTimeout(this.#settling);
  }

  readonly #changed = (): void => {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#onChange, SETTLE_MS);
  };
}
