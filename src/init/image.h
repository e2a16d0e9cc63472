/* The program of init.c, to be run from memory. */
#ifndef INIT_IMAGE_H
#define INIT_IMAGE_H

#include <stddef.h>

/* Constant; the caller frees nothing. */
const unsigned char *init_image(size_t *ret_size);

#endif
