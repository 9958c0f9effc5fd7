// Preloaded: every fsync and fdatasync takes 5 ms longer, like a disk that is busy.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static void wait_5_ms(void) {
  struct timespec five_ms = {0, 5000000};
  nanosleep(&five_ms, 0);
}

int fsync(int file) {
  wait_5_ms();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  wait_5_ms();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
