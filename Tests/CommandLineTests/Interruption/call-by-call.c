/* Does something to a program at one of its system calls, and to all that it starts, as long as these are the same program:

       call-by-call count 0 0 FILE PROGRAM ARGUMENT...      writes into FILE how many calls there are of each kind below
       call-by-call kill N SIGNAL FILE PROGRAM ARGUMENT...  sends the first process a signal when the Nth system call begins
       call-by-call end N SIGNAL FILE PROGRAM ARGUMENT...   sends it to the process that is about to make that call
       call-by-call fail N ERRNO FILE PROGRAM ARGUMENT...   has the Nth call of those that make something fail: descriptors,
                                                            mounts, namespaces, processes, threads

   FILE gets the number or the name of the call, and whose it was. The status is that of the first process, 128 and its signal,
   124 where it does not end within ten seconds, 125 where it cannot be watched. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 4096

static struct task {
    pid_t id;
    int is_stopped;
    /* it fails when it ends */
    int fails;
} tasks[MOST];
static int count;
static pid_t first;

static struct task *find(pid_t id)
{
    for (int i = 0; i < count; i++)
        if (tasks[i].id == id)
            return &tasks[i];
    if (count == MOST)
        exit(125);
    tasks[count] = (struct task){.id = id};
    return &tasks[count++];
}

static void forget(pid_t id)
{
    struct task *task = find(id);
    *task = tasks[--count];
}

/* Makes the call that a task is in none, or, at its end, gives it its result. */
static void change(pid_t id, int is_entry, long value)
{
#if defined(__x86_64__)
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof(registers)};
    if (ptrace(PTRACE_GETREGSET, id, NT_PRSTATUS, &all) != 0)
        return;
    if (is_entry)
        registers.orig_rax = -1;
    else
        registers.rax = value;
    ptrace(PTRACE_SETREGSET, id, NT_PRSTATUS, &all);
#elif defined(__aarch64__)
    if (is_entry) {
        int none = -1;
        struct iovec call = {&none, sizeof(none)};
        ptrace(PTRACE_SETREGSET, id, NT_ARM_SYSTEM_CALL, &call);
        return;
    }
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof(registers)};
    if (ptrace(PTRACE_GETREGSET, id, NT_PRSTATUS, &all) != 0)
        return;
    registers.regs[0] = value;
    ptrace(PTRACE_SETREGSET, id, NT_PRSTATUS, &all);
#else
#error "how a system call is changed on this architecture is not known here"
#endif
}

/* What the loader opens is not the program's. */
static int is_loaders(pid_t id, unsigned long address)
{
    char path[256] = "";
    struct iovec here = {path, sizeof(path) - 1};
    /* to the end of its page, behind which there may be none */
    struct iovec there = {(void *)address, 4096 - address % 4096};
    if (there.iov_len > here.iov_len)
        there.iov_len = here.iov_len;
    process_vm_readv(id, &here, 1, &there, 1, 0);
    return strstr(path, ".so") != NULL;
}

/* The name of a call that makes something; NULL where it does not. */
static const char *makes(pid_t id, unsigned long number, const __uint64_t *arguments)
{
    switch (number) {
#ifdef SYS_open
    case SYS_open: return is_loaders(id, arguments[0]) ? NULL : "open";
#endif
    case SYS_openat: return is_loaders(id, arguments[1]) ? NULL : "openat";
    case SYS_socket: return "socket";
    case SYS_socketpair: return "socketpair";
#ifdef SYS_pipe
    case SYS_pipe: return "pipe";
#endif
    case SYS_pipe2: return "pipe2";
    case SYS_dup: return "dup";
    case SYS_dup3: return "dup3";
    case SYS_fcntl: return arguments[1] == F_DUPFD || arguments[1] == F_DUPFD_CLOEXEC ? "fcntl" : NULL;
    case SYS_memfd_create: return "memfd_create";
    case SYS_eventfd2: return "eventfd2";
    case SYS_timerfd_create: return "timerfd_create";
    case SYS_epoll_create1: return "epoll_create1";
    case SYS_mount: return "mount";
    case SYS_unshare: return "unshare";
    case SYS_setns: return "setns";
    case SYS_chroot: return "chroot";
#ifdef SYS_fork
    case SYS_fork: return "fork";
#endif
#ifdef SYS_vfork
    case SYS_vfork: return "vfork";
#endif
    case SYS_clone: return "clone";
    case SYS_clone3: return "clone3";
    default: return NULL;
    }
}

static int is_same_program(pid_t id, const char *program)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/%d/exe", id);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strcmp(path, program) == 0;
}

static int result(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void is_late(int signal)
{
    (void)signal;
    _exit(124);
}

/* Has all go on without being watched, and waits for the end of the first. */
static int rest(void)
{
    for (int i = 0; i < count; i++)
        ptrace(tasks[i].is_stopped ? PTRACE_DETACH : PTRACE_INTERRUPT, tasks[i].id, 0, 0);
    for (;;) {
        int status;
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0)
            return 125;
        if (WIFSTOPPED(status)) {
            int is_signal = status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80);
            ptrace(PTRACE_DETACH, id, 0, is_signal ? WSTOPSIG(status) : 0);
        } else if (id == first) {
            return result(status);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 125;
    const char *mode = argv[1];
    long wanted = atol(argv[2]);
    int what = atoi(argv[3]);
    FILE *report = fopen(argv[4], "we");
    int start[2];
    if (report == NULL || pipe2(start, O_CLOEXEC) != 0)
        return 125;
    char program[PATH_MAX];
    if (realpath(argv[5], program) == NULL)
        return 125;
    first = fork();
    if (first == 0) {
        char byte;
        close(start[1]);
        if (read(start[0], &byte, 1) == 1)
            execv(program, argv + 5);
        _exit(125);
    }
    close(start[0]);
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    if (ptrace(PTRACE_SEIZE, first, 0, options) != 0 || ptrace(PTRACE_INTERRUPT, first, 0, 0) != 0)
        return 125;
    find(first);
    if (write(start[1], "", 1) != 1)
        return 125;
    signal(SIGALRM, is_late);
    alarm(10);

    long calls = 0, made = 0;
    for (;;) {
        int status;
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0)
            return 125;
        if (!WIFSTOPPED(status)) {
            forget(id);
            if (id != first)
                continue;
            if (strcmp(mode, "count") == 0)
                fprintf(report, "%ld %ld\n", calls, made);
            return result(status);
        }
        struct task *task = find(id);
        int event = status >> 16, signal = 0;
        if (event == PTRACE_EVENT_EXEC && !is_same_program(id, program)) {
            ptrace(PTRACE_DETACH, id, 0, 0);
            forget(id);
            continue;
        }
        if (event == 0 && WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info info;
            if (ptrace(PTRACE_GET_SYSCALL_INFO, id, sizeof(info), &info) <= 0)
                continue;
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY && is_same_program(id, program)) {
                const char *name = makes(id, info.entry.nr, info.entry.args);
                calls++;
                made += name != NULL;
                if ((strcmp(mode, "kill") == 0 || strcmp(mode, "end") == 0) && calls == wanted) {
                    const char *of = id == first ? "of the first process" : "of another process";
                    if (info.entry.nr == SYS_exit_group)
                        fprintf(report, "exit %s\n", of);
                    else
                        fprintf(report, "%ld %s\n", (long)info.entry.nr, of);
                    fclose(report);
                    task->is_stopped = 1;
                    if (strcmp(mode, "kill") == 0)
                        kill(first, what);
                    else
                        kill(id, what);
                    return rest();
                }
                if (strcmp(mode, "fail") == 0 && name != NULL && made == wanted) {
                    fprintf(report, "%s of %s process\n", name, id == first ? "the first" : "another");
                    fflush(report);
                    change(id, 1, 0);
                    task->fails = 1;
                }
            } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->fails) {
                change(id, 0, -what);
                task->is_stopped = 1;
                /* a first process of a namespace would survive what ends it otherwise */
                return rest();
            }
        } else if (event == 0) {
            signal = WSTOPSIG(status);
        } else if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP) {
            ptrace(PTRACE_LISTEN, id, 0, 0);
            continue;
        }
        ptrace(PTRACE_SYSCALL, id, 0, signal);
    }
}
