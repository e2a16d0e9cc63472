/* Prints the table of parameters, a row a line: name and what jail(8) says of it. For tools/agree. */
#include <stdio.h>

#include "spec/spec.h"

int main(void)
{
        size_t n;
        const struct param *table = param_table(&n);

        for (size_t i = 0; i < n; i++)
                printf("%s%s%s%s\n", table[i].name, table[i].flags & P_PSEUDO ? " pseudo" : "",
                       table[i].flags & P_RDONLY ? " read-only" : "",
                       table[i].flags & (P_RDONLY | P_MODIFY) ? "" : " create-only");
        return fclose(stdout) != 0;
}
