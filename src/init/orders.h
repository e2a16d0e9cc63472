/* What the host says to PID 1 of a jail, by signals from outside of its pid namespace: init.c has the whole list. */
#ifndef INIT_ORDERS_H
#define INIT_ORDERS_H

#define ORDER_OFFER SIGURG      /* make a socket pair that owns the jail, one end at OFFERED_FD */
#define ORDER_TAKEN SIGWINCH    /* close OFFERED_FD: the host has it */

#define OFFERED_FD 15           /* others that own the jail are below it */

#endif
