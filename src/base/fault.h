/* fault.h: the one error language of the house, in terms of who must act. No HTTP, SQL or errno in it.
 *
 * A function that can fail returns `enum fault`; results go through pointers. Its header names the two or
 * three faults to expect; INTERNAL may always happen and always means "us". Dialects translate faults into
 * their provider's words with a `switch` that has no `default`, so that a new fault must be thought about
 * in each of them before the program compiles. */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))

/*    name            who must act, and why */
#define FAULTS(X)                                                                     \
    X(NONE,           "nobody: it worked")                                            \
    X(BAD_INPUT,      "the caller: a field is missing or malformed")                  \
    X(UNKNOWN_CALLER, "the caller: these credentials are not valid")                  \
    X(DENIED,         "the caller: not yours to ask")                                 \
    X(NOT_FOUND,      "the caller: there is no such object")                          \
    X(EXISTS,         "the caller: an object of that name is there already")          \
    X(WRONG_STATE,    "the caller: the object does not allow this now")               \
    X(MISMATCH,       "the caller: this key was used before with another request")    \
    X(TOO_MANY,       "the caller: slow down")                                        \
    X(BUSY,           "the caller: a queue is full or we are stopping; try later")    \
    X(DISK,           "the operator: the disk is full or failing; nothing was kept")  \
    X(SILENT,         "the supervisor or sweeper: another party did not answer")      \
    X(RETRY,          "the store: lost a race, run the work again")                   \
    X(INTERNAL,       "us: see the journal")

enum fault {
#define X(name, text) FAULT_##name,
    FAULTS(X)
#undef X
};

/* The fault's name, e.g. "NOT_FOUND"; a constant string, never NULL. */
const char *fault_name(enum fault f);

/* Who must act, e.g. "the caller: there is no such object"; a constant string, never NULL. */
const char *fault_text(enum fault f);
