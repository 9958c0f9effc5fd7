import { printBytes, toJsonLine } from "./output.ts";

/** Prints a list as JSON item by item: none of them waits in memory for the others. On a terminal each has a line. */
export class JsonList {
  #isEmpty = true;

  add(item: unknown): void {
    const separator = process.stdout.isTTY ? ",\n" : ",";
    printBytes(`${this.#isEmpty ? "[" : separator}${toJsonLine(item)}`);
    this.#isEmpty = false;
  }

  end(): void {
    printBytes(this.#isEmpty ? "[]" : "]");
  }
}
