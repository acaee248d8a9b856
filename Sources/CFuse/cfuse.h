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
