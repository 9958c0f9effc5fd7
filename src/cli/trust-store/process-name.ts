/** How this process is called in events and lists: `serve 4711`. */
export function processName(verb: string): string {
  return `${verb} ${process.pid}`;
}
