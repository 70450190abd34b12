/*
 * Loaded into a process with LD_PRELOAD: records what it does to the files of one folder, in the order in which it does it, so that a test
 * can make of any moment what a power cut would leave.
 *
 * RECORD_FOLDER names the folder, RECORD_TO the file of records. A record is a line and, for a write, the bytes written:
 *
 *   w <offset> <length> <path>      bytes written
 *   t <length> - <path>             cut or extended to this length
 *   s - - <path>                    synced: everything before is on the disk
 *   u - - <path>                    removed
 *   r <new path's length> - <path><new path>
 *
 * A write is recorded after it has been done, and a sync after it has succeeded; no other call of the folder is under way meanwhile.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int records = -1;
static char folder[4096];
static size_t folder_length;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void attach(void) {
  const char *to = getenv("RECORD_TO"), *of = getenv("RECORD_FOLDER");
  if (!to || !of) return;
  folder_length = (size_t)snprintf(folder, sizeof folder, "%s/", of);
  records = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void all(const void *bytes, size_t length) {
  for (const char *at = bytes; length > 0;) {
    ssize_t written = syscall(SYS_write, records, at, length);
    if (written <= 0) abort();
    at += written;
    length -= (size_t)written;
  }
}

static void head(const char *format, ...) {
  char line[8400];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  all(line, (size_t)length);
}

static int is_watched(const char *path) {
  if (records < 0 || strncmp(path, folder, folder_length) != 0) return 0;
  size_t length = strlen(path);
  return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

/* The path of a file of the folder, without the folder; NULL for all others. */
static const char *path_of(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = records < 0 ? -1 : readlink(link, path, size - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  return is_watched(path) ? path + folder_length : NULL;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static ssize_t wrote(const char *path, off_t offset, const void *bytes, ssize_t written) {
  if (written > 0) {
    head("w %lld %lld %s\n", (long long)offset, (long long)written, path);
    all(bytes, (size_t)written);
  }
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  REAL(pwrite);
  char buffer[4096];
  const char *path = path_of(fd, buffer, sizeof buffer);
  if (!path) return real(fd, bytes, length, offset);
  pthread_mutex_lock(&order);
  ssize_t written = wrote(path, offset, bytes, real(fd, bytes, length, offset));
  pthread_mutex_unlock(&order);
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return pwrite(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(write);
  char buffer[4096];
  const char *path = path_of(fd, buffer, sizeof buffer);
  if (!path) return real(fd, bytes, length);
  pthread_mutex_lock(&order);
  off_t before = lseek(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) ? SEEK_END : SEEK_CUR);
  ssize_t written = wrote(path, before, bytes, real(fd, bytes, length));
  pthread_mutex_unlock(&order);
  return written;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(pwritev);
  char buffer[4096];
  if (!path_of(fd, buffer, sizeof buffer)) return real(fd, parts, count, offset);
  return count == 0 ? 0 : pwrite(fd, parts[0].iov_base, parts[0].iov_len, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  char buffer[4096];
  if (!path_of(fd, buffer, sizeof buffer)) return real(fd, parts, count);
  return count == 0 ? 0 : write(fd, parts[0].iov_base, parts[0].iov_len);
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  char buffer[4096];
  const char *path = path_of(fd, buffer, sizeof buffer);
  if (!path) return real(fd, length);
  pthread_mutex_lock(&order);
  int result = real(fd, length);
  if (result == 0) head("t %lld - %s\n", (long long)length, path);
  pthread_mutex_unlock(&order);
  return result;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

static int synced(int fd, int (*real)(int)) {
  char buffer[4096];
  const char *path = path_of(fd, buffer, sizeof buffer);
  if (!path) return real(fd);
  pthread_mutex_lock(&order);
  int result = real(fd);
  if (result == 0) head("s - - %s\n", path);
  pthread_mutex_unlock(&order);
  return result;
}

int fsync(int fd) {
  REAL(fsync);
  return synced(fd, real);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return synced(fd, real);
}

int unlink(const char *path) {
  REAL(unlink);
  if (!is_watched(path)) return real(path);
  pthread_mutex_lock(&order);
  int result = real(path);
  if (result == 0) head("u - - %s\n", path + folder_length);
  pthread_mutex_unlock(&order);
  return result;
}

int rename(const char *from, const char *to) {
  REAL(rename);
  if (!is_watched(from) || !is_watched(to)) return real(from, to);
  pthread_mutex_lock(&order);
  int result = real(from, to);
  if (result == 0)
    head("r %zu - %s%s\n", strlen(to + folder_length), from + folder_length, to + folder_length);
  pthread_mutex_unlock(&order);
  return result;
}
