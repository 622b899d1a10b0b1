#ifndef PP_HANDLES_H
#define PP_HANDLES_H

#include <stdint.h>

/* Closes the queues of a JavaScript thread that is gone. */
void pp_handles_close_all(int32_t inbox);

#endif
