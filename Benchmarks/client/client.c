/*
 * The client: what system calls on attribute files cost, on several mounts by turns.
 *
 *     client [-b BATCHES] [-t TEXT] NAME=MOUNT:READ:WRITE:STAT:LIST …
 *     client -o OPERATION -n COUNT NAME=MOUNT:READ:WRITE:STAT:LIST      one operation so many times, with nothing printed
 *
 * READ, WRITE, STAT and LIST are paths below MOUNT: an attribute to read, one to write TEXT to, one that nobody reads or writes,
 * and a directory to list. Every operation runs in batches, one batch on each mount after the other and all over again, so that
 * what else the machine does hits all of them alike; batches are short for the same reason. Printed are nanoseconds for each
 * operation: the best batch and the median of all, and the ratios of the medians and of the bests to the first mount's; the
 * operations' names are the first column.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAXIMUM_MOUNTS = 8, MAXIMUM_BATCHES = 1000, PAGE = 4096 };

enum file { READ, WRITE, STAT, LIST, FILES };

struct mount {
    const char *name;
    char paths[FILES][PAGE];
    int descriptor; /* READ, open all the time */
    int at_end;     /* READ, read to its end */
    int written;    /* WRITE, open all the time */
    double times[MAXIMUM_BATCHES];
};

static const char *text = "250000\n";

static void fail(const char *what, const char *path) {
    fprintf(stderr, "client: %s %s: %s\n", what, path, strerror(errno));
    exit(1);
}

/* What cat does: the second read finds the end. */
static void open_read_read_close(struct mount *mount) {
    char buffer[PAGE];
    int descriptor = open(mount->paths[READ], O_RDONLY);
    if (descriptor < 0) fail("open", mount->paths[READ]);
    if (read(descriptor, buffer, sizeof buffer) <= 0) fail("read", mount->paths[READ]);
    if (read(descriptor, buffer, sizeof buffer) != 0) fail("read to the end of", mount->paths[READ]);
    close(descriptor);
}

/* What a shell's echo does. */
static void open_write_close(struct mount *mount) {
    int descriptor = open(mount->paths[WRITE], O_WRONLY | O_TRUNC);
    if (descriptor < 0) fail("open", mount->paths[WRITE]);
    if (write(descriptor, text, strlen(text)) != (ssize_t)strlen(text)) fail("write", mount->paths[WRITE]);
    close(descriptor);
}

static void pread_open(struct mount *mount) {
    char buffer[PAGE];
    if (pread(mount->descriptor, buffer, sizeof buffer, 0) <= 0) fail("pread", mount->paths[READ]);
}

static void read_on(struct mount *mount) {
    char buffer[PAGE];
    if (read(mount->at_end, buffer, sizeof buffer) != 0) fail("read on", mount->paths[READ]);
}

static void pwrite_open(struct mount *mount) {
    if (pwrite(mount->written, text, strlen(text), 0) != (ssize_t)strlen(text)) fail("pwrite", mount->paths[WRITE]);
}

static void open_close(struct mount *mount) {
    int descriptor = open(mount->paths[READ], O_RDONLY);
    if (descriptor < 0) fail("open", mount->paths[READ]);
    close(descriptor);
}

static void stat_path(struct mount *mount) {
    struct stat status;
    if (stat(mount->paths[STAT], &status) != 0) fail("stat", mount->paths[STAT]);
}

static void list_directory(struct mount *mount) {
    DIR *directory = opendir(mount->paths[LIST]);
    if (directory == NULL) fail("opendir", mount->paths[LIST]);
    while (readdir(directory) != NULL) {}
    closedir(directory);
}

static const struct operation {
    const char *name;
    void (*run)(struct mount *);
    int count; /* in a batch */
} operations[] = {
    {"open-read-read-close", open_read_read_close, 250},
    {"open-write-close", open_write_close, 250},
    {"open-close", open_close, 250},
    {"pread", pread_open, 500},
    {"read-on", read_on, 500},
    {"pwrite", pwrite_open, 500},
    {"stat", stat_path, 2500},
    {"ls", list_directory, 250},
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double batch(const struct operation *operation, struct mount *mount, int count) {
    double start = now();
    for (int number = 0; number < count; number++) operation->run(mount);
    return (now() - start) / count;
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

/* NAME=MOUNT:READ:WRITE:STAT:LIST */
static void open_mount(struct mount *mount, char *word) {
    mount->name = strsep(&word, "=");
    const char *directory = strsep(&word, ":");
    for (int file = 0; file < FILES; file++) {
        const char *path = strsep(&word, ":");
        if (path == NULL) {
            fprintf(stderr, "client: %s: NAME=MOUNT:READ:WRITE:STAT:LIST expected\n", mount->name);
            exit(2);
        }
        snprintf(mount->paths[file], PAGE, "%s/%s", directory, path);
    }
    mount->descriptor = open(mount->paths[READ], O_RDONLY);
    if (mount->descriptor < 0) fail("open", mount->paths[READ]);
    char buffer[PAGE];
    mount->at_end = open(mount->paths[READ], O_RDONLY);
    while (read(mount->at_end, buffer, sizeof buffer) > 0) {}
    mount->written = open(mount->paths[WRITE], O_WRONLY);
    if (mount->written < 0) fail("open", mount->paths[WRITE]);
}

/* Runs one operation so many times. */
static int repeat(const char *name, int count, struct mount *mount) {
    for (size_t row = 0; row < sizeof operations / sizeof *operations; row++) {
        if (strcmp(operations[row].name, name) != 0) continue;
        while (count-- > 0) operations[row].run(mount);
        return 0;
    }
    fprintf(stderr, "client: no operation '%s'\n", name);
    return 2;
}

int main(int count, char *words[]) {
    int batches = 101;
    const char *single = NULL;
    int times = 0;
    for (int option; (option = getopt(count, words, "b:t:o:n:")) != -1;) {
        switch (option) {
        case 'o': single = optarg; break;
        case 'n': times = atoi(optarg); break;
        case 'b': batches = atoi(optarg); break;
        case 't': text = optarg; break;
        default: return 2;
        }
    }
    int mount_count = count - optind;
    if (mount_count < 1 || mount_count > MAXIMUM_MOUNTS || batches < 1 || batches > MAXIMUM_BATCHES) {
        fprintf(stderr, "usage: client [-b BATCHES] [-t TEXT] NAME=MOUNT:READ:WRITE:STAT:LIST ...\n");
        return 2;
    }
    static struct mount mounts[MAXIMUM_MOUNTS];
    for (int number = 0; number < mount_count; number++) open_mount(&mounts[number], words[optind + number]);
    if (single != NULL) return repeat(single, times, &mounts[0]);

    printf("%-22s", "ns per operation");
    for (int number = 0; number < mount_count; number++) printf("  %12s best  median", mounts[number].name);
    printf("%s\n", mount_count > 1 ? "  ratio of medians  of bests" : "");
    for (size_t row = 0; row < sizeof operations / sizeof *operations; row++) {
        const struct operation *operation = &operations[row];
        for (int number = 0; number < mount_count; number++) batch(operation, &mounts[number], operation->count / 10);
        for (int turn = 0; turn < batches; turn++) {
            for (int number = 0; number < mount_count; number++) {
                mounts[number].times[turn] = batch(operation, &mounts[number], operation->count);
            }
        }
        printf("%-22s", operation->name);
        for (int number = 0; number < mount_count; number++) {
            qsort(mounts[number].times, (size_t)batches, sizeof(double), ascending);
            printf("  %17.0f %7.0f", mounts[number].times[0], mounts[number].times[batches / 2]);
        }
        for (int number = 1; number < mount_count; number++) {
            printf("  %16.2f", mounts[number].times[batches / 2] / mounts[0].times[batches / 2]);
            printf("  %8.2f", mounts[number].times[0] / mounts[0].times[0]);
        }
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
