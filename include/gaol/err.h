/*
 * Errors as the library returns them: a code for the program, a line for the
 * person. The library never prints; a front end prints text once, behind its
 * own name: "jail: " + text.
 */
#ifndef GAOL_ERR_H
#define GAOL_ERR_H

/*
 * code: a positive errno value, 0 while no error is set.
 * text: one line without a newline, in FreeBSD's order: jail, parameter,
 *       action and object, reason; cut short when it would not fit.
 * A function that fills it also returns -code.
 */
struct err {
        int code;
        char text[1024];
};

#endif
