import { userInfo } from "node:os";

/** Who runs this, as the system calls them; null where it does not. */
export function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
