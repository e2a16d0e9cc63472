#include "num.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int num_u64(const char *s, uint64_t *ret)
{
        char *end;
        unsigned long long v;
        int base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;

        if (!isdigit((unsigned char)*s))
                return -EINVAL;
        errno = 0;
        v = strtoull(s, &end, base);
        if (errno == ERANGE)
                return -ERANGE;
        if (*end)
                return -EINVAL;
        *ret = v;
        return 0;
}

int num_i64(const char *s, int64_t *ret)
{
        uint64_t v;
        int negative = *s == '-';
        int r = num_u64(s + negative, &v);

        if (r < 0)
                return r;
        if (v > (uint64_t)INT64_MAX)
                return -ERANGE;
        *ret = negative ? -(int64_t)v : (int64_t)v;
        return 0;
}

int num_int(const char *s, int *ret)
{
        int64_t v;
        int r = num_i64(s, &v);

        if (r < 0)
                return r;
        if (v < INT_MIN || v > INT_MAX)
                return -ERANGE;
        *ret = (int)v;
        return 0;
}

int num_size(const char *s, uint64_t *ret)
{
        static const char units[] = "kmgtpe";
        size_t digits = strspn(s, "0123456789");
        uint64_t v = 0;
        unsigned shift = 0;

        if (digits == 0)
                return -EINVAL;
        for (size_t i = 0; i < digits; i++)
                if (__builtin_mul_overflow(v, 10u, &v) ||
                    __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
                        return -ERANGE;
        if (s[digits]) {
                const char *u = strchr(units, tolower((unsigned char)s[digits]));

                if (!u || s[digits + 1])
                        return -EINVAL;
                shift = 10 * (unsigned)(u - units + 1);
        }
        if (shift && v > (UINT64_MAX >> shift))
                return -ERANGE;
        *ret = v << shift;
        return 0;
}
