// Preloaded: once the file KILL_MARKER exists, the process is killed, as kill -9 does, at its KILL_AT-th write to a file
// at an offset, flush or truncation: what SQLite does to its files. A write is killed in its middle.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int calls;

static int is_last(void) {
  const char *marker = getenv("KILL_MARKER");
  const char *at = getenv("KILL_AT");
  if (marker == NULL || at == NULL || access(marker, F_OK) != 0) return 0;
  return atomic_fetch_add(&calls, 1) + 1 == atoi(at);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

typedef ssize_t (*write_at)(int, const void *, size_t, off64_t);

static ssize_t watched(const char *name, int file, const void *bytes, size_t length, off64_t offset) {
  write_at original = (write_at)dlsym(RTLD_NEXT, name);
  if (!is_last()) return original(file, bytes, length, offset);
  original(file, bytes, length / 2, offset);
  die();
  return -1;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
  return watched("pwrite", file, bytes, length, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  return watched("pwrite64", file, bytes, length, offset);
}

int fsync(int file) {
  if (is_last()) die();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  if (is_last()) die();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}

int ftruncate64(int file, off64_t length) {
  if (is_last()) die();
  return ((int (*)(int, off64_t))dlsym(RTLD_NEXT, "ftruncate64"))(file, length);
}
