/* A queue as it lies in shared memory, and this process's hold on it. */
#ifndef PP_QUEUE_H
#define PP_QUEUE_H

#include "lock.h"
#include "notice.h"
#include "polyproc.h"
#include "snapshot.h"

#define PP_QUEUE_WORDS 3

/* What a put changes, all at once. */
enum { TAIL, PUTS, FILLED, SHUT, PUT_FIELDS };
/* What taking and marking done change, all at once. The last three are a redo log of one entry. */
enum { HEAD, FREE, RELEASED, OUT, GETS, BACK, DONE, ABANDONED, TOLD, LOST, REDELIVERED, LOG, LOG_WHERE, LOG_VALUE, GET_FIELDS };

struct pp_queue_header {
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;
  uint64_t ring_size;
  uint64_t maxsize;
  uint32_t redeliver;
  pp_word ready;
  _Alignas(64) pp_word put_lock;
  struct pp_snapshot put;
  _Atomic uint64_t put_fields[2][PUT_FIELDS];
  _Alignas(64) pp_word get_lock;
  struct pp_snapshot get;
  pp_word logged; /* the commit whose log is carried out */
  _Atomic uint64_t get_fields[2][GET_FIELDS];
  _Alignas(64) struct pp_notice notices[PP_QUEUE_WORDS];
  _Alignas(64) pp_word highest; /* no participant ever had an index above it */
  struct pp_participant participants[PP_PARTICIPANTS];
};

struct pp_queue {
  struct pp_segment segment;
  struct pp_queue_header *header;
  uint8_t *ring;
  uint64_t ring_size, maxsize;
  bool redeliver;
  struct pp_lock_scope scope;
  int32_t needed;
  uint32_t seen[5];     /* the words' values before the last look */
  struct pp_spinner spinner;
  uint64_t told;        /* a join that waits has heard of so many abandoned items */
};

int pp_queue_make_sized(struct pp_queue *queue, uint64_t ring_size, uint64_t maxsize, int redeliver);
int pp_queue_attach(struct pp_queue *queue, int fd);
void pp_queue_detach(struct pp_queue *queue);
int pp_queue_put_item(struct pp_queue *queue, const uint8_t *bytes, uint32_t length, int lock_ms);
int pp_queue_get_item(struct pp_queue *queue, uint8_t *bytes, uint32_t room, int lock_ms);
int pp_queue_mark_done(struct pp_queue *queue);
int pp_queue_check_joined(struct pp_queue *queue, int fresh);
int pp_queue_shut(struct pp_queue *queue, int immediate);
int pp_queue_count(struct pp_queue *queue, struct pp_queue_stats *stats);
int pp_queue_can_get(struct pp_queue *queue);
/* Cleans up after participants that died; 1 if there were any. */
int pp_queue_sweep(struct pp_queue *queue);

#endif
