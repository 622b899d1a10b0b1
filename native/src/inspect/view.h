/* A view of a memory file that another process of this user has open: its first bytes, for reading alone. */
#ifndef PP_VIEW_H
#define PP_VIEW_H

#include "base/segment.h"

/* More than the header of any object. */
#define PP_VIEW (1u << 18)

/* Opens the file behind descriptor `fd` of the process `pid`, and maps its first bytes, PP_VIEW at most. `segment->size` is the size of the
 * whole file, and `inode` its number. -EBADMSG: it is no sealed memory file of this library. */
int pp_view_open(struct pp_segment *segment, int32_t pid, int32_t fd, uint64_t *inode);
void pp_view_close(struct pp_segment *segment);

#endif
