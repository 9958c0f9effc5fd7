/** Calls back for each line that is typed at a terminal, until it is disposed. Where nobody can type, there is nothing to hear. */
export function onEnter(
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  typed: () => void,
): Disposable {
  if (input.isTTY !== true) return { [Symbol.dispose]: () => undefined };
  input.on("data", typed);
  return {
    [Symbol.dispose]() {
      input.off("data", typed);
      // Else it would keep the process.
      input.pause();
    },
  };
}
