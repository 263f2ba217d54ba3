/* failing_crypto.h: a libcrypto and a memory of which one call fails: the n-th after failing_begin(n). The linker leads
 * our code's calls here (`--wrap`, tests/unit/meson.build); what libcrypto calls itself is not touched. */
#pragma once

/* From now on the n-th call of those that can fail does. 0: none. */
void failing_begin(unsigned n);

/* No more; did it come to that? The name of the call that failed, or NULL. */
const char *failing_end(void);
