/* The low-level API of libfuse 3.14, as the module CFuse. */
#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <fuse_opt.h>
