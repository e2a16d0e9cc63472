/* PID 1 of the jails as data. */
#include "image.h"

static const unsigned char image[] = {
#include "init_image.inc"
};

const unsigned char *init_image(size_t *ret_size)
{
        *ret_size = sizeof image;
        return image;
}
