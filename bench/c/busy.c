/* Runs a command while one more process computes all the time: `busy COMMAND ARGUMENT...`. That process ends with the command. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static void compute(pid_t parent) {
  volatile uint64_t sum = 0;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(1);
  for (uint64_t i = 0;; i++) sum += i * i;
}

int main(int argc, char **argv) {
  pid_t self = getpid();
  if (argc < 2) return 2;
  pid_t child = fork();
  if (child == 0) compute(self);
  if (child < 0) return 1;
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return 1;
}
