#include "wait/notice.h"

#include "base/failpoint.h"
#include "wait/futex.h"

void pp_notice_give(struct pp_notice *notice, int count) {
  atomic_fetch_add(&notice->sequence, 1);
  FAILPOINT("notice.before_wake");
  if (atomic_load(&notice->waited_for) == 0) return;
  atomic_store(&notice->waited_for, 0);
  pp_futex_wake(&notice->sequence, count);
}
