/* What Linux offers and Swift's module of the C library leaves out: namespaces, netlink, and calls with variable arguments,
   which Swift does not import. Each function sets errno. */
#pragma clang module import SwiftGlibc

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Declared by the C library for those who define _GNU_SOURCE, which Swift does not. The flags have other numbers on other
   architectures; under these names the C library always gives them. */
int unshare(int flags);
int setns(int descriptor, int type);
extern char *program_invocation_name;
int fallocate(int descriptor, int mode, off_t offset, off_t length);
static const int linux_seek_data = 3;
static const int linux_seek_hole = 4;
static const int linux_o_direct = __O_DIRECT;
static const int linux_o_path = __O_PATH;
static const int linux_o_tmpfile = __O_TMPFILE;
/* POSIX_SPAWN_SETSID, which has no other name; the same in every C library and on every architecture. */
static const short linux_posix_spawn_setsid = 0x80;
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);

/* openat2(2), which C libraries do not have: how a path is walked is in `resolve`. */
static const unsigned long linux_resolve_beneath = RESOLVE_BENEATH;
static const unsigned long linux_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
static inline int linux_openat2(int directory, const char *path, int flags, unsigned int mode, unsigned long resolve)
{
    struct open_how how;
    memset(&how, 0, sizeof(how));
    how.flags = (unsigned int)flags;
    how.mode = mode;
    how.resolve = resolve;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

static const unsigned long linux_resolve_no_xdev = RESOLVE_NO_XDEV;

/* renameat2(2), with RENAME_NOREPLACE or RENAME_EXCHANGE. */
static const unsigned int linux_rename_noreplace = 1;
static const unsigned int linux_rename_exchange = 2;
static inline int linux_renameat2(int directory, const char *path, int new_directory, const char *new_path, unsigned int flags)
{
    return (int)syscall(SYS_renameat2, directory, path, new_directory, new_path, flags);
}

/* getdents64(2): the bytes of the records, which have 8 for the inode, 8 for the offset, 2 for their length, 1 for the kind, and the
   name with a NUL. */
static inline long linux_getdents64(int descriptor, void *buffer, unsigned long size)
{
    return syscall(SYS_getdents64, descriptor, buffer, size);
}

/* ioctl(2) with TCGETS: 0 where the file is a terminal. */
static inline int linux_tcgets(int descriptor)
{
    char settings[256];
    return ioctl(descriptor, 0x5401, settings);
}

/* Takes a set of capabilities, a bit each, from the calling thread and from all that it will execute, root's programs too. Those that
   it does not have, or that the kernel does not know, are no error. */
static inline int linux_drop_capabilities(unsigned long long set)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    for (int capability = 0; capability < 64; capability++)
        if (set >> capability & 1 && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return -1;
    if (syscall(SYS_capget, &header, data) != 0)
        return -1;
    for (int half = 0; half < 2; half++) {
        unsigned int kept = ~(unsigned int)(set >> 32 * half);
        data[half].effective &= kept;
        data[half].permitted &= kept;
        data[half].inheritable &= kept;
    }
    return (int)syscall(SYS_capset, &header, data);
}

/* What waitpid(2) says of a process: macros with arguments, which Swift does not import. */
static inline int linux_is_stopped(int status)
{
    return WIFSTOPPED(status);
}

/* 0 where no signal has ended it. */
static inline int linux_ending_signal(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static inline int linux_exit_status(int status)
{
    return WEXITSTATUS(status);
}

/* The words that the process was started with, with a null pointer behind them; the kernel has put them, and how many they are, in front
   of the environment. Swift reads them from /proc, which may not be there. NULL where somebody has moved the environment already.
   To be called where the program starts. */
static inline char **linux_arguments(void)
{
    char **end = __environ - 1;
    long count = 0;
    /* both are on the stack where nothing has been moved: first the pointers, then, within some megabytes, what they point to */
    long distance = program_invocation_name - (char *)__environ;
    if (!__environ || distance < 0 || distance > 1 << 26)
        return NULL;
    while ((long)end[-count - 1] != count)
        count++;
    return count > 0 && end[-count] == program_invocation_name ? end - count : NULL;
}

/* Swift forbids fork, since other threads are not in the child. To be called by a process that has one thread. */
static inline pid_t linux_fork(void)
{
    return fork();
}

/* Has the calling process sent a signal when the thread that has started it ends. */
static inline int linux_signal_at_parents_end(int signal)
{
    return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
}

/* The process that has sent a signal, a macro in C; 0 where the receiver cannot see that process. */
static inline pid_t linux_sender(const siginfo_t *information)
{
    return information->si_pid;
}

/* Gives a word that processes share another value, and returns the one before. */
static inline int linux_exchange(int *word, int value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

/* Closes all descriptors from the first number to the last. */
static inline void linux_close(int first, int last)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, last, 0) == 0)
        return;
#endif
    long end = sysconf(_SC_OPEN_MAX);
    for (long descriptor = first; descriptor <= last && descriptor < end; descriptor++)
        close((int)descriptor);
}

/* Brings up the loopback interface, which a new network namespace has switched off. */
static inline int linux_loopback_up(void)
{
    struct ifreq request;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    memset(&request, 0, sizeof(request));
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int result = ioctl(descriptor, SIOCSIFFLAGS, &request);
    int error = errno;
    close(descriptor);
    errno = error;
    return result;
}
