#ifndef JAIL_CONF_H
#define JAIL_CONF_H

#include <gaol/engine.h>

#include "conf/jailconf.h"
#include "spec/spec.h"

struct jail_conf {
        struct conf *conf;
};

/* The parameters of a configured jail as a valid spec, for spec_finish(). Errors name the parameter, not the jail. */
int conf_to_spec(const struct conf_jail *jail, struct jail_spec *ret, struct err *e);

#endif
