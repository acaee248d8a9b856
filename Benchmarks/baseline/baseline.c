/*
 * The baseline: the least that a server in C needs to answer like an attribute directory of sysfs, on the API of libfuse that
 * apmatrix uses too.
 *
 *     bus/ap/fixed           0444, a text that never changes
 *     bus/ap/untouched       0444, for stat(2) only
 *     bus/ap/stored          0644, keeps what was written last
 *     bus/ap/devices/        64 symbolic links
 *
 * Exact as sysfs is: opens are handled and checked against the mode, I/O is direct, the text is taken when it is read from the
 * start. Names and attributes are cached for ever, directories are not opened, nothing is flushed. One thread.
 *
 *     baseline DIR           mounts at DIR, and serves in the foreground until it is unmounted
 *     baseline -p 50 DIR     the same, and polls 50 microseconds for the next request before it sleeps: always, whether it pays or not
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, LINKS = 64 };
static const double forever = 1e9;

/* Nodes: their index is the inode number less one. */
struct node {
    const char *name;
    int parent;
    mode_t mode;
    char text[PAGE];
    size_t length;
};

enum { ROOT, BUS, AP, DEVICES, FIXED, UNTOUCHED, STORED, FIRST_LINK, NODES = FIRST_LINK + LINKS };
static struct node nodes[NODES] = {
    [ROOT] = {"", ROOT, S_IFDIR | 0755, "", 0},
    [BUS] = {"bus", ROOT, S_IFDIR | 0755, "", 0},
    [AP] = {"ap", BUS, S_IFDIR | 0755, "", 0},
    [DEVICES] = {"devices", AP, S_IFDIR | 0755, "", 0},
    [FIXED] = {"fixed", AP, S_IFREG | 0444, "255\n", 4},
    [UNTOUCHED] = {"untouched", AP, S_IFREG | 0444, "1\n", 2},
    [STORED] = {"stored", AP, S_IFREG | 0644, "250000\n", 7},
};
static char link_names[LINKS][8];

/* One open file: the text as it was when it was last read from the start. */
struct open_file {
    size_t length;
    char text[];
};

static struct node *node_of(fuse_ino_t inode) { return inode - 1 < NODES ? &nodes[inode - 1] : NULL; }

static struct open_file *file_of(const struct fuse_file_info *info) { return (struct open_file *)(uintptr_t)info->fh; }

static struct stat status_of(const struct node *node) {
    struct stat status = {.st_ino = (ino_t)(node - nodes) + 1, .st_mode = node->mode, .st_nlink = 1, .st_blksize = PAGE};
    if (S_ISREG(node->mode)) status.st_size = PAGE;
    return status;
}

static struct fuse_entry_param entry_of(const struct node *node) {
    struct stat status = status_of(node);
    return (struct fuse_entry_param){
        .ino = status.st_ino, .attr = status, .attr_timeout = forever, .entry_timeout = forever};
}

static void initialize(void *data, struct fuse_conn_info *connection) {
    (void)data;
    connection->want |= connection->capable
        & (FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_READDIRPLUS | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_NO_OPENDIR_SUPPORT
           | FUSE_CAP_ATOMIC_O_TRUNC);
    connection->want &= ~(unsigned)(FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_WRITEBACK_CACHE
                                    | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE);
}

static void look_up(fuse_req_t request, fuse_ino_t parent, const char *name) {
    for (struct node *node = nodes + 1; node < nodes + NODES; node++) {
        if (nodes + parent - 1 == nodes + node->parent && strcmp(node->name, name) == 0) {
            struct fuse_entry_param entry = entry_of(node);
            fuse_reply_entry(request, &entry);
            return;
        }
    }
    fuse_reply_entry(request, &(struct fuse_entry_param){.entry_timeout = forever});
}

static void get_attributes(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)info;
    struct node *node = node_of(inode);
    if (node == NULL) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    struct stat status = status_of(node);
    fuse_reply_attr(request, &status, forever);
}

static void read_link(fuse_req_t request, fuse_ino_t inode) {
    (void)inode;
    fuse_reply_readlink(request, "../../..");
}

static void open_node(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    struct node *node = node_of(inode);
    int access = info->flags & O_ACCMODE;
    if (node == NULL || !S_ISREG(node->mode)) {
        fuse_reply_err(request, ENODEV);
    } else if ((access != O_WRONLY && !(node->mode & 0444)) || (access != O_RDONLY && !(node->mode & 0222))) {
        fuse_reply_err(request, EACCES);
    } else {
        struct open_file *file = calloc(1, sizeof *file + PAGE);
        if (file == NULL) {
            fuse_reply_err(request, ENOMEM);
            return;
        }
        info->fh = (uintptr_t)file;
        info->direct_io = 1;
        info->noflush = 1;
        if (fuse_reply_open(request, info) != 0) free(file);
    }
}

static void release_node(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)inode;
    free(file_of(info));
    fuse_reply_err(request, 0);
}

static void read_node(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info) {
    struct open_file *file = file_of(info);
    const struct node *node = node_of(inode);
    if (offset == 0) {
        memcpy(file->text, node->text, node->length);
        file->length = node->length;
    }
    size_t start = (size_t)offset < file->length ? (size_t)offset : file->length;
    size_t left = file->length - start;
    fuse_reply_buf(request, file->text + start, left < size ? left : size);
}

static void write_node(
    fuse_req_t request, fuse_ino_t inode, const char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
    (void)offset;
    (void)info;
    struct node *node = node_of(inode);
    node->length = size < PAGE ? size : PAGE;
    memcpy(node->text, bytes, node->length);
    fuse_reply_write(request, node->length);
}

static void open_directory(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)inode;
    (void)info;
    fuse_reply_err(request, ENOSYS); /* the kernel asks no more, and keeps what was listed */
}

static void list(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, int is_plus) {
    char *buffer = malloc(size);
    size_t used = 0;
    for (int number = (int)offset; number < NODES; number++) {
        struct node *node = &nodes[number];
        if (number == ROOT || nodes + inode - 1 != nodes + node->parent) continue;
        struct fuse_entry_param entry = entry_of(node);
        size_t length = is_plus
            ? fuse_add_direntry_plus(request, buffer + used, size - used, node->name, &entry, number + 1)
            : fuse_add_direntry(request, buffer + used, size - used, node->name, &entry.attr, number + 1);
        if (length > size - used) break;
        used += length;
    }
    fuse_reply_buf(request, buffer, used);
    free(buffer);
}

static void list_names(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info) {
    (void)info;
    list(request, inode, size, offset, 0);
}

static void list_nodes(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info) {
    (void)info;
    list(request, inode, size, offset, 1);
}

static const struct fuse_lowlevel_ops operations = {
    .init = initialize,
    .lookup = look_up,
    .getattr = get_attributes,
    .readlink = read_link,
    .open = open_node,
    .release = release_node,
    .read = read_node,
    .write = write_node,
    .opendir = open_directory,
    .readdir = list_names,
    .readdirplus = list_nodes,
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* fuse_session_loop, but for what comes before a sleep. */
static int poll_loop(struct fuse_session *session, double microseconds) {
    int descriptor = fuse_session_fd(session);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    struct fuse_buf buffer = {0};
    int size = 1;
    while (!fuse_session_exited(session) && (size > 0 || size == -EAGAIN || size == -EINTR)) {
        double end = now() + microseconds;
        while ((size = fuse_session_receive_buf(session, &buffer)) == -EAGAIN && now() < end) {}
        if (size == -EAGAIN) poll(&(struct pollfd){.fd = descriptor, .events = POLLIN}, 1, -1);
        if (size > 0) fuse_session_process_buf(session, &buffer);
    }
    free(buffer.mem);
    return size;
}

int main(int count, char *words[]) {
    double microseconds = 0;
    for (int option; (option = getopt(count, words, "p:")) != -1;) {
        if (option != 'p') return 2;
        microseconds = atof(optarg);
    }
    if (count != optind + 1) {
        fprintf(stderr, "usage: %s [-p MICROSECONDS] DIR\n", words[0]);
        return 2;
    }
    for (int number = 0; number < LINKS; number++) {
        snprintf(link_names[number], sizeof link_names[number], "00.%04x", number);
        nodes[FIRST_LINK + number] = (struct node){.name = link_names[number], .parent = DEVICES, .mode = S_IFLNK | 0777};
    }
    char *options[] = {words[0], "-ofsname=baseline,default_permissions", NULL};
    struct fuse_args arguments = FUSE_ARGS_INIT(2, options);
    struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (session == NULL || fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, words[optind]) != 0) return 1;
    int result = microseconds > 0 ? poll_loop(session, microseconds) : fuse_session_loop(session);
    fuse_session_unmount(session);
    fuse_remove_signal_handlers(session);
    fuse_session_destroy(session);
    fuse_opt_free_args(&arguments);
    return result != 0;
}
