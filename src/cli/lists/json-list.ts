import { printBytes, toJsonText } from "../terminal/output.ts";

const INDENT = 2;

/** Prints a list as JSON item by item, as `printJson` would all at once: none of them waits in memory for the others. */
export class JsonList {
  readonly #isIndented = process.stdout.isTTY;
  #isEmpty = true;

  add(...items: readonly unknown[]): void {
    if (items.length === 0) return;
    const start = this.#isIndented ? `\n${" ".repeat(INDENT)}` : "";
    const texts = items.map((item) => start + this.#textOf(item, start));
    printBytes((this.#isEmpty ? "[" : ",") + texts.join(","));
    this.#isEmpty = false;
  }

  end(): void {
    if (this.#isEmpty) printBytes("[]");
    else printBytes(this.#isIndented ? "\n]" : "]");
  }

  #textOf(item: unknown, start: string): string {
    return this.#isIndented ? toJsonText(item, INDENT).replaceAll("\n", start) : toJsonText(item, 0);
  }
}
