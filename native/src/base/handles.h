/* JavaScript refers to an object of this library by a number, its handle. Each handle belongs to the inbox of one JavaScript thread. */
#ifndef PP_HANDLES_H
#define PP_HANDLES_H

#include <stdint.h>

#include "polyproc.h"

/* Leaves an object and frees it. `owner_ended` is 1 if its thread ended without closing the object. */
typedef void pp_closer(void *object, int owner_ended);

/* Returns the new handle of an object. If there is no handle left, it closes the object and returns a negative errno. */
int32_t pp_handle_add(enum pp_kind kind, int32_t inbox, void *object, pp_closer *close);
/* Returns the object, or NULL if the number is no handle of this kind. */
void *pp_handle_get(int32_t index, enum pp_kind kind);
/* Returns the inbox of an object that exists. */
int32_t pp_handle_inbox(int32_t index);
int32_t pp_handle_close(int32_t index, enum pp_kind kind);
/* Closes every object of a JavaScript thread that has ended. */
void pp_handles_close_all(int32_t inbox);

#endif
