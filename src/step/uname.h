/*
 * What uname(2) says in a jail with osrelease, linux.osrelease or linux.osname.
 *
 * The processes of such a jail are under one filter more, by which the kernel
 * asks the jail's PID 1 instead of answering itself (init/init.c). Every
 * process that comes in from outside brings a filter, and with it a descriptor
 * that PID 1 has to have; those that it starts inherit it. What is in /proc is
 * covered by files.
 */
#ifndef STEP_UNAME_H
#define STEP_UNAME_H

#include "step/step.h"

/* Does uname(2) say something else in the jail than the kernel would? */
bool uname_watched(const struct jail_spec *spec);

/* What PID 1 is started with besides its mode: up to 3 words, the array closed with NULL. ret has room for 4. */
void uname_arguments(const struct jail_spec *spec, char *ret[4]);

/* Descriptors that PID 1 finds; see init.c. */
enum { UNAME_INBOX = 4, UNAME_OUTBOX = 5, UNAME_PROC = 6 };

/* For PID 1 before its exec: puts its socket and the procfs, which came from the maker and is moved, in their places. */
int uname_prepare_init(int proc, struct err *e);

/* Hands the listener of a process that is about to enter to PID 1, and waits until it has it. */
int uname_hand_over(struct run *run, int listener, struct err *e);

/* Covers what says it in a procfs. Called outside of the jail's mount namespace, once the procfs is attached there. */
int uname_cover_proc(struct run *run, int proc, struct err *e);

#endif
