/* Stands between a process and the system (LD_PRELOAD): at its call number N that changes something below a folder the
 * process dies, the call fails, or the power goes out: what was written and not synced is lost, then the process dies. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT, KILL, FAIL, POWER };
#define MOST 4096

static char below[PATH_MAX];
static int mode, at, error_number, calls;
static char *unsynced[MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void crash_arm(const char *folder, int how, int number, int error) {
    snprintf(below, sizeof below, "%s", folder);
    mode = how, at = number, error_number = error, calls = 0;
}

int crash_calls(void) { return calls; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
}

static void absolute(int folder, const char *name, char *path) {
    char start[PATH_MAX] = "";
    if (name[0] != '/') {
        if (folder == AT_FDCWD) { if (!getcwd(start, sizeof start)) start[0] = 0; }
        else path_of(folder, start);
    }
    snprintf(path, PATH_MAX, "%.2000s%s%.2000s", start, start[0] ? "/" : "", name);
}

static void note(const char *path, int is_synced) {
    int free_place = -1;
    for (int index = 0; index < MOST; index++) {
        if (unsynced[index] && !strcmp(unsynced[index], path)) {
            if (is_synced) { free(unsynced[index]); unsynced[index] = NULL; }
            return;
        }
        if (!unsynced[index] && free_place < 0) free_place = index;
    }
    if (!is_synced && free_place >= 0) unsynced[free_place] = strdup(path);
}

static void renamed(const char *from, const char *to) {
    for (int index = 0; index < MOST; index++)
        if (unsynced[index] && !strcmp(unsynced[index], from)) { free(unsynced[index]); unsynced[index] = strdup(to); }
}

/* Whether the call is to fail. */
static int comes(const char *path) {
    size_t size = strlen(below);
    if (!size || strncmp(path, below, size) || (path[size] && path[size] != '/')) return 0;
    pthread_mutex_lock(&lock);
    int is_now = calls++ == at && mode != COUNT;
    if (is_now && mode == POWER)
        for (int index = 0; index < MOST; index++)
            if (unsynced[index]) REAL(truncate)(unsynced[index], 0);
    if (is_now && mode != FAIL) kill(getpid(), SIGKILL);
    pthread_mutex_unlock(&lock);
    if (is_now) errno = error_number;
    return is_now;
}

static int opened(int folder, const char *name, int flags, mode_t rights, int (*real)(int, const char *, int, ...)) {
    char path[PATH_MAX];
    if (flags & (O_CREAT | O_TRUNC)) {
        absolute(folder, name, path);
        if (comes(path)) return -1;
    }
    return real(folder, name, flags, rights);
}

#define RIGHTS mode_t rights = 0; if (flags & O_CREAT) { va_list rest; va_start(rest, flags); rights = va_arg(rest, mode_t); va_end(rest); }
int open(const char *name, int flags, ...) { RIGHTS return opened(AT_FDCWD, name, flags, rights, REAL(openat)); }
int open64(const char *name, int flags, ...) { RIGHTS return opened(AT_FDCWD, name, flags, rights, REAL(openat)); }
int openat(int folder, const char *name, int flags, ...) { RIGHTS return opened(folder, name, flags, rights, REAL(openat)); }
int openat64(int folder, const char *name, int flags, ...) { RIGHTS return opened(folder, name, flags, rights, REAL(openat)); }

ssize_t write(int fd, const void *content, size_t size) {
    char path[PATH_MAX];
    path_of(fd, path);
    if (comes(path)) return -1;
    ssize_t done = REAL(write)(fd, content, size);
    if (done > 0 && below[0] && !strncmp(path, below, strlen(below))) {
        pthread_mutex_lock(&lock);
        note(path, 0);
        pthread_mutex_unlock(&lock);
    }
    return done;
}

int fsync(int fd) {
    char path[PATH_MAX];
    path_of(fd, path);
    if (comes(path)) return -1;
    int done = REAL(fsync)(fd);
    pthread_mutex_lock(&lock);
    note(path, 1);
    pthread_mutex_unlock(&lock);
    return done;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    char source[PATH_MAX], goal[PATH_MAX];
    absolute(from_folder, from, source), absolute(to_folder, to, goal);
    if (comes(goal)) return -1;
    int done = REAL(renameat)(from_folder, from, to_folder, to);
    pthread_mutex_lock(&lock);
    if (!done) renamed(source, goal);
    pthread_mutex_unlock(&lock);
    return done;
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

#define ONE(call, folder, name, real) char path[PATH_MAX]; absolute(folder, name, path); return comes(path) ? -1 : real
int unlink(const char *name) { ONE(unlink, AT_FDCWD, name, REAL(unlink)(name)); }
int unlinkat(int folder, const char *name, int flags) { ONE(unlinkat, folder, name, REAL(unlinkat)(folder, name, flags)); }
int rmdir(const char *name) { ONE(rmdir, AT_FDCWD, name, REAL(rmdir)(name)); }
int mkdir(const char *name, mode_t rights) { ONE(mkdir, AT_FDCWD, name, REAL(mkdir)(name, rights)); }
int link(const char *from, const char *to) { ONE(link, AT_FDCWD, to, REAL(link)(from, to)); }
int linkat(int a, const char *from, int b, const char *to, int flags) { ONE(linkat, b, to, REAL(linkat)(a, from, b, to, flags)); }
int ftruncate64(int fd, off_t size) { char path[PATH_MAX]; path_of(fd, path); return comes(path) ? -1 : REAL(ftruncate)(fd, size); }
