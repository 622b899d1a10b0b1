/* kill_test KILLS [SEED]: kills the workers of a queue at random failpoints. */
#include <time.h>

#include "workers.h"

#define MIB (1ull << 20)

static const struct setting settings[] = {{MIB, 0, 0, false}, {MIB, 2, 0, false}, {MIB, 0, 1, false}, {MIB, 2, 1, false},
                                          {MIB, 0, 0, true},  {MIB, 2, 0, true},  {MIB, 2, 1, true}};
#define SETTINGS (sizeof settings / sizeof *settings)

int main(int argc, char **argv) {
  long kills = argc > 1 ? atol(argv[1]) : 2000, total = 0;
  time_t begun = time(NULL);
  unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)begun;
  setvbuf(stdout, NULL, _IONBF, 0);
  workers_prepare();
  for (unsigned i = 0; i < SETTINGS; i++) total += workers_run(&settings[i], NULL, kills / (long)SETTINGS, 1e9, seed + i * 1000003u);
  printf("%ld kills at random steps in %ld s (seed %u): nothing twice, lost, changed, out of order or stuck\n", total, (long)(time(NULL) - begun), seed);
  return 0;
}
