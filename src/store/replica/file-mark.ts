import { statSync } from "node:fs";

/** Where a file lies on its disk, and since when: a copy of it has another mark, and one that was moved there has the same. */
export function fileMark(path: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true });
  // Where nothing is known of its birth, that is 0, or when it was changed last.
  return `${ino} ${birthtimeNs === ctimeNs ? 0n : birthtimeNs}`;
}

/** Whether two marks are of one file, as far as that is known. */
export function isOneFile(one: string, other: string): boolean {
  const [inode, birth] = one.split(" ");
  const [otherInode, otherBirth] = other.split(" ");
  return inode === otherInode && (birth === otherBirth || birth === "0" || otherBirth === "0");
}
