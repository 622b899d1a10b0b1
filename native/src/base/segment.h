/* A segment is a sealed memory file that is mapped whole. The seals keep other processes from truncating the file, which would turn a read
 * of the mapping into a SIGBUS. */
#ifndef PP_SEGMENT_H
#define PP_SEGMENT_H

#include <stdint.h>

struct pp_segment {
  int fd;     /* the descriptor that other processes get a copy of */
  int own_fd; /* an open file description that no other process has; its locks end with this participant (see participant.h) */
  uint64_t size;
  uint8_t *base;
};

/* Sets the file's size. -EFBIG: RLIMIT_FSIZE does not allow so large a file. */
int pp_segment_extend(int fd, uint64_t size);
/* Makes a sparse file of `size` bytes, which takes no memory yet. */
int pp_segment_make(struct pp_segment *segment, uint64_t size);
/* Maps the file `fd` and takes over the descriptor. -EBADMSG: it is no sealed memory file. */
int pp_segment_open(struct pp_segment *segment, int fd);
/* Maps the file with the descriptor and size that `segment` already holds, whether it is sealed or not. */
int pp_segment_map(struct pp_segment *segment);
/* Maps the file `fd` of the same content instead of what is mapped at `address`, or anywhere if that is NULL. -EADDRNOTAVAIL: the process
 * has no addresses left for it. */
int pp_segment_map_at(struct pp_segment *segment, void *address, int fd);
void pp_segment_close(struct pp_segment *segment);
/* Reserves memory for these bytes, so that a lack of memory is -ENOSPC or -ENOMEM now and not a SIGBUS at a later write. */
int pp_segment_fill(const struct pp_segment *segment, uint64_t offset, uint64_t length);
/* Returns the memory of these bytes to the system. They read as 0 afterwards. */
void pp_segment_punch(const struct pp_segment *segment, uint64_t offset, uint64_t length);

#endif
