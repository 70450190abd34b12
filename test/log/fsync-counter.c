/*
 * Loaded into the server with LD_PRELOAD: counts what it fsyncs, slows it down, and fails it where a test says so.
 *
 * FSYNC_COUNTER names a file of 64 bytes, mapped and shared with the test: the numbers below, each of 8 bytes in the
 * machine's order. A call is counted after it has succeeded. The delay comes before it, so that whatever the server tells
 * anybody too early arrives before the count has grown.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WAL_SYNCS, FILE_SYNCS, WAL_FAILS, FILE_FAILS, DELAY_US, NUMBERS = 8 };

static volatile uint64_t *numbers;

__attribute__((constructor)) static void attach(void) {
  const char *path = getenv("FSYNC_COUNTER");
  int fd = path ? open(path, O_RDWR) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, NUMBERS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) numbers = mapped;
  close(fd);
}

/* 0 for the log's WAL, 1 for the log's file, -1 for all others. */
static int which(int fd) {
  static const char *const names[] = {"/log.db-wal", "/log.db"};
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return -1;
  path[length] = 0;
  for (int at = 0; at < 2; at++) {
    size_t end = strlen(names[at]);
    if ((size_t)length > end && strcmp(path + length - end, names[at]) == 0) return at;
  }
  return -1;
}

static int watched(int fd, int (*sync)(int)) {
  int at = numbers ? which(fd) : -1;
  if (at < 0) return sync(fd);
  uint64_t delay = numbers[DELAY_US];
  struct timespec pause = {(time_t)(delay / 1000000), (long)(delay % 1000000) * 1000};
  if (delay) nanosleep(&pause, NULL);
  if (numbers[WAL_FAILS + at]) {
    errno = EIO;
    return -1;
  }
  int result = sync(fd);
  if (result == 0) __atomic_fetch_add(&numbers[WAL_SYNCS + at], 1, __ATOMIC_SEQ_CST);
  return result;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return watched(fd, real);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return watched(fd, real);
}
