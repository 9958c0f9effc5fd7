/** What Node warned of since, once that can have been said. */
export function warned(): () => Promise<readonly string[]> {
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", note);
  return async () => {
    await new Promise(setImmediate);
    process.off("warning", note);
    return warnings;
  };
}
