/* Names of shared memory: files in /dev/shm.
 *
 * Each descriptor that a process holds, or that is on its way to one, has a read lock on the byte HELD of the file. A process that can
 * get a write lock on that byte is therefore the last holder, and removes the name. To remove it, a process needs a write lock on the byte
 * REMOVING, so that only one process at a time does so. */
#ifndef PP_NAMED_H
#define PP_NAMED_H

#include <stdbool.h>
#include <stddef.h>

#define PP_NAMED_FOLDER "/dev/shm/"
#define PP_NAMED_PREFIX "polyproc-"
#define PP_NAMED_LONGEST 200
#define PP_NAMED_PATH (sizeof PP_NAMED_FOLDER PP_NAMED_PREFIX + PP_NAMED_LONGEST)

/* Writes the path of a name. -EINVAL: it is empty or contains a slash. -ENAMETOOLONG. */
int pp_named_path(const char *name, char *path, size_t room);
/* Marks the file as held through this descriptor. -EAGAIN, -EACCES: its last holder is about to remove it. */
int pp_named_hold(int fd);
/* Tells whether the file that `fd` refers to is still the one at this path. */
bool pp_named_is_at(int fd, const char *path);
/* Removes the name if it still is this file's. -ENOENT: it is not. -EBUSY: another process that removes it does not get on. */
int pp_named_remove(int fd, const char *path);
/* Removes the name if nobody else holds the file. */
bool pp_named_remove_if_last(int fd, const char *path);

#endif
