/*
 * For valgrind 3.19, which does not know openat2(2): preloaded, it opens by openat(2) instead, within no bounds. Only for a server that
 * is to be counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...) {
    long words[6];
    va_list list;
    va_start(list, number);
    for (int word = 0; word < 6; word++) words[word] = va_arg(list, long);
    va_end(list);
    if (number == SYS_openat2) {
        const struct open_how *how = (const struct open_how *)words[2];
        return openat((int)words[0], (const char *)words[1], (int)how->flags, (mode_t)how->mode);
    }
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
