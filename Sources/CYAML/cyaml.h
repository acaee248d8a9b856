/* libyaml, as the module CYAML. The C library comes from Swift's own module of it, as in CFuse. */
#pragma clang module import SwiftGlibc

#include <yaml.h>
