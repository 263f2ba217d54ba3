/* msg.h: the bytes of a question and of its reply; docs/KEYHOLDER-PROTOCOL.md has them in prose.
 *
 * One frame is one datagram of a SOCK_SEQPACKET pair, at most KEY_FRAME_MAX bytes. Client and keyholder both
 * use this file, so each size is checked by one rule on both sides. */
#pragma once

#include "keyholder/keyholder.h"

enum {
    MSG_VERSION = 1,
    MSG_HEAD = 8,                     /* bytes: version, kind, count (2), number (4) */
    MSG_ASK_HEAD = 20,                /* bytes: op, use, length of about (2), in (4), presented (4), number (8) */
    MSG_ANSWER_HEAD = 5,              /* bytes: fault, length (4) */
    MSG_SEALED = FAULT_WRONG_STATE,   /* the fault of every answer while the keyholder waits for its custodians */
    MSG_PAYTM_KEY_MIN = 16, MSG_PAYTM_KEY_MAX = 32,   /* bytes of a merchant's Paytm key */
    MSG_SECRET_MAX = 1024,            /* bytes of a merchant's secret that is signed with */
    MSG_PUBLIC_TEXT_MAX = 8192,       /* bytes of a recipient's public key as it was sealed */
};

/* A question taken apart; the spans borrow from the frame. */
struct msg_question { uint32_t number; size_t n; struct key_ask asks[KEY_ASKS_MAX]; };

/* How many bytes the result of `ask` has when it is not refused, into *n; the most that it may have where
 * msg_is_shorter(). BAD_INPUT when the operation or use is unknown, or a size is out of range. */
MUST_CHECK enum fault msg_result_size(size_t *n, const struct key_ask *ask);

/* May a result of `op` be shorter than msg_result_size() says? */
bool msg_is_shorter(enum key_op op);

/* Does it take an RSA private operation? Such have channels and desks of their own. */
bool msg_is_slow(enum key_op op);

/* Bytes that `ask`, and an answer of `result` bytes, take in their frames, the frame's own head apart. */
size_t msg_ask_size(const struct key_ask *ask);
size_t msg_answer_size(size_t result);

/* Write the question frame with `n` asks (1 to KEY_ASKS_MAX), which msg_result_size() accepted. `number` is
 * what its reply will carry. */
void msg_question_pack(struct buf *frame, uint32_t number, struct key_ask *const *asks, size_t n);

/* Take a question frame apart. BAD_INPUT when it is not exactly one. Whether an ask's operation exists and its
 * sizes are in range is not looked at here: that is refused ask by ask. */
MUST_CHECK enum fault msg_question_unpack(struct msg_question *out, struct span frame);

/* Write a reply frame: the head, then `n` times: get the room behind the next answer's head, write at most
 * `result` bytes of result there, and close the answer. A fault other than NONE closes it without bytes. */
void msg_reply_pack(struct buf *frame, uint32_t number, size_t n);
struct buf msg_answer_room(const struct buf *frame, size_t result);
void msg_answer_close(struct buf *frame, const struct buf *room, enum fault f);

/* The number a reply carries, to be compared before anything else. BAD_INPUT when the frame is not a reply. */
MUST_CHECK enum fault msg_reply_number(uint32_t *number, struct span frame);

/* Take a reply to these `n` asks apart: sets each ask's fault and appends its result to its `out`. BAD_INPUT
 * when the frame is not exactly a reply to them, every result of the size msg_result_size() says; then nothing
 * was appended. */
MUST_CHECK enum fault msg_reply_unpack(struct key_ask *const *asks, size_t n, struct span frame);
