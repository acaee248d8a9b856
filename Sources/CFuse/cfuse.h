/* The low-level API of libfuse 3.14, as the module CFuse.

   The C library comes from Swift's own module of it: types such as `struct stat` would otherwise belong to CFuse as well, and
   whoever uses them next to FUSE had to import it. */
#pragma clang module import SwiftGlibc

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <fuse_opt.h>
#include <linux/fuse.h>

#ifndef FOPEN_PARALLEL_DIRECT_WRITES /* version 7.38 of the protocol; older kernels pass over it */
#define FOPEN_PARALLEL_DIRECT_WRITES (1 << 6)
#endif

/* fuse_reply_open, with flags that struct fuse_file_info has only in later versions of the library. */
static inline int cfuse_reply_open(fuse_req_t request, uint64_t handle, uint32_t flags) {
    struct fuse_open_out reply = {.fh = handle, .open_flags = flags};
    return fuse_reply_buf(request, (const char *)&reply, sizeof reply);
}
