/* A sealed memory file, mapped whole: nobody can make it shorter under a reader. */
#ifndef PP_SEGMENT_H
#define PP_SEGMENT_H

#include <stdint.h>

struct pp_segment {
  int fd;       /* may be handed to others */
  int own_fd;   /* a description of its own: this participant's life (see participant.h) */
  uint64_t size;
  uint8_t *base;
};

/* Gives the file that size: -EFBIG where the process may have none so large. */
int pp_segment_extend(int fd, uint64_t size);
/* Makes a file of `size` bytes of which none is there yet. */
int pp_segment_make(struct pp_segment *segment, uint64_t size);
/* Maps the file `fd`, which is the segment's from now on. -EBADMSG if it is no sealed memory file. */
int pp_segment_open(struct pp_segment *segment, int fd);
/* Maps the file that `segment` names by its descriptor and size, sealed or not. */
int pp_segment_map(struct pp_segment *segment);
void pp_segment_close(struct pp_segment *segment);
/* Makes sure that these bytes can be written: -ENOSPC or -ENOMEM now instead of a SIGBUS later. */
int pp_segment_fill(const struct pp_segment *segment, uint64_t offset, uint64_t length);
/* Gives these bytes' memory back. */
void pp_segment_punch(const struct pp_segment *segment, uint64_t offset, uint64_t length);

#endif
