/* The descriptors that this process keeps for others, each under a token of 128 random bits.
 *
 * A token stands in a message, and is kept for as long as that message exists. While its sender has not said where the message went, any
 * claim gets a copy. Afterwards the first claim takes the descriptor, because such a message has one receiver. In a queue that redelivers,
 * an item may have several receivers, one after the other, so each claim gets a copy until the item is done.
 *
 * A descriptor of an open object may also be lent: each claim gets a copy until the object is closed. Thus a receiver still gets the object
 * when the sender of the message has ended. */
#ifndef PP_KEEPER_KEPT_H
#define PP_KEEPER_KEPT_H

#include <stdint.h>

/* Hands a descriptor over to a claimant. A negative result says that it could not, and the descriptor stays. */
typedef int pp_handing_over(int fd, void *argument);

/* Gives the descriptor under a token to `hand_over`. -ENOENT: nothing is kept under it. */
int pp_kept_give(const uint8_t *token, pp_handing_over *hand_over, void *argument);
/* Starts to look now and then whether messages are gone. */
int pp_kept_start(void);
/* Closes the descriptors that a JavaScript thread left here, which has ended. */
void pp_kept_forget_inbox(int32_t inbox);

#endif
