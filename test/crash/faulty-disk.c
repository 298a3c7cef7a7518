/*
 * Loaded before libc (LD_PRELOAD), it makes writes and synchronisations of a server's database fail as a disk's do. What is to happen lies in
 * the file that FAULTY_DISK names, four 32-bit integers that are read at each call: see faulty-disk.ts, which writes them.
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
#include <sys/types.h>
#include <unistd.h>

enum { FINE, FULL, READ_ONLY, BAD_WRITE, BAD_SYNC, SLOW_SYNC, TORN_WRITE, LYING };

static volatile struct {
  int32_t fault;
  int32_t pass; /* So many calls that it concerns go well before. */
  int32_t delayMs;
  int32_t hits; /* Calls that it has struck. */
} *control;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTY_DISK");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *at = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at != MAP_FAILED) control = at;
  close(file);
}

static int isDatabase(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "/vramkeeper.db") != 0;
}

/* The fault that strikes this call, or FINE. */
static int strikes(int fd, int isSync) {
  if (!control) return FINE;
  int fault = control->fault;
  if (fault == FINE || !isDatabase(fd)) return FINE;
  if (isSync != (fault == BAD_SYNC || fault == SLOW_SYNC) && fault != LYING) return FINE;
  if (__atomic_fetch_sub(&control->pass, 1, __ATOMIC_SEQ_CST) > 0) return FINE;
  __atomic_store_n(&control->pass, 0, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&control->hits, 1, __ATOMIC_SEQ_CST);
  return fault;
}

static int errorOf(int fault) {
  return fault == READ_ONLY ? EROFS : fault == FULL || fault == TORN_WRITE ? ENOSPC : EIO;
}

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static ssize_t writeAt(const char *name, int fd, const void *bytes, size_t count, off64_t at) {
  ssize_t (*next)(int, const void *, size_t, off64_t) = real(name);
  int fault = strikes(fd, 0);
  if (fault == FINE) return next(fd, bytes, count, at);
  if (fault == LYING) return count;
  if (fault == TORN_WRITE) next(fd, bytes, count / 2, at);
  errno = errorOf(fault);
  return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return writeAt("pwrite", fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return writeAt("pwrite64", fd, bytes, count, at); }

static int sync1(const char *name, int fd) {
  int (*next)(int) = real(name);
  int fault = strikes(fd, 1);
  if (fault == LYING) return 0;
  if (fault == BAD_SYNC) {
    errno = EIO;
    return -1;
  }
  if (fault == SLOW_SYNC) usleep(control->delayMs * 1000);
  return next(fd);
}

int fsync(int fd) { return sync1("fsync", fd); }
int fdatasync(int fd) { return sync1("fdatasync", fd); }

static int truncateTo(const char *name, int fd, off64_t length) {
  int (*next)(int, off64_t) = real(name);
  int fault = strikes(fd, 0);
  if (fault == FINE) return next(fd, length);
  if (fault == LYING) return 0;
  errno = errorOf(fault);
  return -1;
}

int ftruncate(int fd, off_t length) { return truncateTo("ftruncate", fd, length); }
int ftruncate64(int fd, off64_t length) { return truncateTo("ftruncate64", fd, length); }
