/** A command as somebody runs it who may not write what its mode forbids; root would, whoever owns it. */
export function unprivileged(program: string, ...args: readonly string[]): readonly [string, ...string[]] {
  if (process.getuid?.() !== 0) return [program, ...args];
  return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", program, ...args];
}
