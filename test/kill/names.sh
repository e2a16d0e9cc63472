#!/bin/sh
# Prints the names of the system calls of the machine a compiler compiles for, as
# initializers of an array: names.sh COMPILER...
echo '#include <asm/unistd.h>' | "$@" -E -dM - |
        sed -n 's/^#define __NR_\([a-z][a-z0-9_]*\) \([0-9][0-9]*\)$/[\2] = "\1",/p'
