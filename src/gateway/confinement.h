/* confinement.h: what each process of a server keeps when it starts (confine/confine.h): who may open which file. */
#pragma once

#include "gateway/folder.h"

struct holds;

/* The supervisor: everything its children may, since what it gives up they have given up too. Once the data folder and
 * the listening sockets are there. */
MUST_CHECK enum fault confinement_supervisor(const struct options *o, const struct folder *f);

/* The keyholder: the folder of its key file, and no network. confinement_keyholder_done(): the keys are read, or the
 * custodians' socket is there, and from here on no socket is made: it writes the keyring, which is in that folder, and
 * hears custodians. It fits keyholder_options.shut. */
MUST_CHECK enum fault confinement_keyholder(const struct folder *f);
MUST_CHECK enum fault confinement_keyholder_done(void);

/* The gateway: its databases, journal, credentials file and certificate, each by name, so not the keys, which are in
 * the data folder too; and no connection out. *holds, NULL in a build that is not confined, goes to
 * confinement_let_go() when everything else is closed. */
MUST_CHECK enum fault confinement_gateway(struct holds **holds, const struct options *o, const struct folder *f);
void confinement_let_go(struct holds *h);

/* The courier: certificates of authorities and what the resolver reads. */
MUST_CHECK enum fault confinement_courier(void);
