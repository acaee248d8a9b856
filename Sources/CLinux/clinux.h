/* What Linux offers and Swift's module of the C library leaves out: namespaces, netlink, and calls with variable arguments,
   which Swift does not import. Each function sets errno. */
#pragma clang module import SwiftGlibc

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

/* declared by the C library for those who define _GNU_SOURCE, which Swift does not */
int unshare(int flags);
static const int linux_o_path = 010000000;

/* Swift forbids fork, since other threads are not in the child. To be called by a process that has one thread. */
static inline pid_t linux_fork(void)
{
    return fork();
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
