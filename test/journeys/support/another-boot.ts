// To be imported first: this process is as on another machine than those that began without it.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const read = fs.readFileSync;
fs.readFileSync = ((path: fs.PathOrFileDescriptor, ...options: [never]) =>
  path === "/proc/sys/kernel/random/boot_id" ? "another" : read(path, ...options)) as typeof read;
syncBuiltinESMExports();
