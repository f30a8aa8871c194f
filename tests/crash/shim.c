/* Stands between doorbell and its system calls: keeps what a disk would keep in a power cut, and strikes at the k-th
   call, with SIGKILL or with an error. It makes the real calls itself, so that it needs nothing of libc's own. */
#define _GNU_SOURCE
#define _LARGEFILE64_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(long) == sizeof(off_t), "an offset fits into one argument of a system call");

/* the paths that count begin with this */
static const char *watched;
/* the folder of what is durable; unset: every call goes through to the real disk */
static const char *disk;
/* strikes at this call, counted from 1; 0 = at none */
static long strike;
/* strikes with this errno; 0 = with SIGKILL */
static int fault;
/* strikes at every call from then on */
static int sticky;
static atomic_long calls;
/* of two looks into one folder the later one counts */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void read_orders(void) {
    const char *number;
    watched = getenv("SHIM_WATCHED");
    disk = getenv("SHIM_DISK");
    strike = (number = getenv("SHIM_STRIKE")) ? atol(number) : 0;
    fault = (number = getenv("SHIM_FAULT")) ? atoi(number) : 0;
    sticky = getenv("SHIM_STICKY") != NULL;
}

static int is_watched(const char *path) {
    return watched && strncmp(path, watched, strlen(watched)) == 0;
}

static int is_open_and_watched(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    return is_watched(path);
}

static void whole_path(const char *path, char whole[PATH_MAX]) {
    size_t length = 0;
    if (path[0] != '/' && getcwd(whole, PATH_MAX / 2)) {
        length = strlen(whole);
        whole[length++] = '/';
    }
    snprintf(whole + length, PATH_MAX - length, "%s", path);
}

/* Counts a call; whether it must fail, with errno set. A process that is struck dead does not come back from here. */
static int is_struck(const char *call, const char *path) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (strike == 0 || number < strike || (number > strike && !sticky))
        return 0;
    if (fault == 0) {
        kill(getpid(), SIGKILL);
        for (;;)
            pause();
    }
    if (number == strike)
        dprintf(STDERR_FILENO, "shim: call %ld fails: %s %s\n", number, call, path);
    errno = fault;
    return 1;
}

/* Writes down under `name` what is durable from now on, all of it or nothing. */
static void keep(const char *name, int from, const char *text, size_t length) {
    char kept[PATH_MAX], half[PATH_MAX + 32];
    snprintf(kept, sizeof kept, "%s/%s", disk, name);
    snprintf(half, sizeof half, "%s.%d", kept, gettid());
    int to = syscall(SYS_openat, AT_FDCWD, half, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0 || (text && syscall(SYS_write, to, text, length) != (ssize_t)length))
        abort();
    ssize_t sent = from < 0 ? 0 : 1;
    while (sent > 0)
        sent = sendfile(to, from, NULL, 1 << 24);
    if (sent < 0)
        abort();
    close(to);
    if (syscall(SYS_renameat2, AT_FDCWD, half, AT_FDCWD, kept, 0) != 0)
        abort();
}

/* The content of a file, by its inode. */
static void keep_content(const char *fd_path, const struct stat *seen) {
    char name[32];
    snprintf(name, sizeof name, "%lu", (unsigned long)seen->st_ino);
    int from = syscall(SYS_openat, AT_FDCWD, fd_path, O_RDONLY);
    if (from < 0)
        abort();
    keep(name, from, NULL, 0);
    close(from);
}

/* The names in a folder, each with its inode. */
static void keep_names(const char *path, const struct stat *seen) {
    char name[32], *text;
    size_t length;
    FILE *names = open_memstream(&text, &length);
    DIR *folder = opendir(path);
    if (!names || !folder)
        abort();
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fprintf(names, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
    closedir(folder);
    fclose(names);
    snprintf(name, sizeof name, "%lu.names", (unsigned long)seen->st_ino);
    keep(name, -1, text, length);
    free(text);
}

static int synced(int fd) {
    char path[PATH_MAX], fd_path[64];
    struct stat seen;
    if (!is_open_and_watched(fd, path))
        return syscall(SYS_fsync, fd);
    if (is_struck("fsync", path))
        return -1;
    if (!disk)
        return syscall(SYS_fsync, fd);
    if (fstat(fd, &seen) != 0)
        abort();
    snprintf(fd_path, sizeof fd_path, "/proc/self/fd/%d", fd);
    pthread_mutex_lock(&one_at_a_time);
    if (S_ISDIR(seen.st_mode))
        keep_names(path, &seen);
    else
        keep_content(fd_path, &seen);
    pthread_mutex_unlock(&one_at_a_time);
    return 0;
}

/* A name that goes may come back in a power cut: while its file lives no other gets its inode. */
static void let_live(const char *path) {
    char name[PATH_MAX];
    struct stat seen;
    if (!disk || lstat(path, &seen) != 0)
        return;
    snprintf(name, sizeof name, "%s/%lu.gone", disk, (unsigned long)seen.st_ino);
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0) != 0 && errno != EEXIST)
        abort();
}

static ssize_t wrote(int fd, const void *bytes, size_t count, off_t at) {
    char path[PATH_MAX];
    int failed = is_open_and_watched(fd, path) && is_struck("write", path);
    int why = errno;
    /* what fails for want of room or by a broken disk has been done in part */
    if (failed && (why == EROFS || count < 2))
        return -1;
    count = failed ? count / 2 : count;
    ssize_t done = at < 0 ? syscall(SYS_write, fd, bytes, count) : syscall(SYS_pwrite64, fd, bytes, count, at);
    if (!failed)
        return done;
    errno = why;
    return -1;
}

static int truncated(int fd, off_t length) {
    char path[PATH_MAX];
    if (is_open_and_watched(fd, path) && is_struck("ftruncate", path))
        return -1;
    return syscall(SYS_ftruncate, fd, length);
}

/* Whether opening can fail with this errno: a file that is there needs no room, and one that is only read no right. */
static int may_fail(const char *path, int flags) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
    return fault == ENOSPC ? flags & O_CREAT && access(path, F_OK) != 0 : fault != EROFS || writes;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    whole_path(path, whole);
    if (is_watched(whole) && may_fail(whole, flags) && is_struck("open", whole))
        return -1;
    return syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE(flags, mode)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

ssize_t write(int fd, const void *bytes, size_t count) { return wrote(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return wrote(fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return wrote(fd, bytes, count, at); }
int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }
int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }

int unlink(const char *path) {
    char whole[PATH_MAX];
    whole_path(path, whole);
    if (is_watched(whole)) {
        if (is_struck("unlink", whole))
            return -1;
        let_live(whole);
    }
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int rename(const char *from, const char *to) {
    char whole[PATH_MAX];
    whole_path(to, whole);
    if (is_watched(whole)) {
        if (is_struck("rename", whole))
            return -1;
        let_live(whole);
    }
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* The wire counts for power cuts only: what befalls it otherwise is tried elsewhere. */
ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    if (disk)
        is_struck("send", "");
    return sendto(fd, bytes, count, flags, NULL, 0);
}

ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    if (disk)
        is_struck("recv", "");
    return recvfrom(fd, bytes, count, flags, NULL, NULL);
}
