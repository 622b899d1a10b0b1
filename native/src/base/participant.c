#include "base/participant.h"

#include <errno.h>
#include <fcntl.h>

static int ofd_lock(int fd, int command, uint32_t index, struct flock *lock) {
  *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = index, .l_len = 1};
  int status;
  do status = fcntl(fd, command, lock);
  while (status < 0 && errno == EINTR);
  return status < 0 ? -errno : 0;
}

int pp_participant_join(const struct pp_segment *segment, struct pp_participant *table, uint64_t bell, pp_owner *me) {
  struct flock lock;
  for (uint32_t index = 0; index < PP_PARTICIPANTS; index++) {
    int status = ofd_lock(segment->own_fd, F_OFD_SETLK, index, &lock);
    if (status == -EAGAIN || status == -EACCES) continue;
    if (status < 0) return status;
    uint32_t generation = (atomic_load(&table[index].generation) + 1) & 0xfffff;
    if (generation == 0) generation = 1;
    atomic_store(&table[index].generation, generation);
    atomic_store(&table[index].bell, bell);
    *me = pp_owner_of(index, generation);
    return 0;
  }
  return -EMLINK;
}

bool pp_participant_gone(const struct pp_segment *segment, uint32_t index) {
  struct flock lock;
  return ofd_lock(segment->own_fd, F_OFD_GETLK, index, &lock) == 0 && lock.l_type == F_UNLCK;
}

int pp_owner_dead(const struct pp_segment *segment, const struct pp_participant *table, pp_owner owner) {
  uint32_t index = pp_owner_index(owner);
  if (index >= PP_PARTICIPANTS) return -EBADMSG;
  uint32_t generation = atomic_load(&table[index].generation);
  if (generation == 0) return -EBADMSG;
  if (pp_owner_of(index, generation) != (owner & PP_OWNER_MASK)) return 1;
  return pp_participant_gone(segment, index);
}
