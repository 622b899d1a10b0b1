/* The descriptors that a JavaScript thread has open by itself, outside of the objects behind handles: connections, and the channels to its
 * children. They are closed when the thread ends, as the kernel closes them when a process ends. */
#ifndef PP_OWNED_H
#define PP_OWNED_H

#include <stdint.h>

/* The reactor's guard is held: the descriptor is about to be closed. */
void pp_owned_remove(int fd);
/* Closes every descriptor of a thread that has ended. */
void pp_owned_close_all(int32_t inbox);

#endif
