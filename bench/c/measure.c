#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES 31

const char *text_setting(int argc, char **argv, const char *name) {
  size_t length = strlen(name);
  for (int i = 1; i < argc; i++)
    if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, name, length) == 0 && argv[i][2 + length] == '=') return argv[i] + 2 + length + 1;
  return "";
}

int64_t setting(int argc, char **argv, const char *name, int64_t otherwise) {
  const char *text = text_setting(argc, argv, name);
  return *text == 0 ? otherwise : strtoll(text, NULL, 10);
}

void report(double value) {
  printf("{\"value\":%.6f}\n", value);
  fflush(stdout);
}

double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void sleep_ms(int64_t ms) {
  struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&span, NULL);
}

double rate(void (*pass)(int64_t count), int64_t ms, int64_t first) {
  int64_t count = first;
  for (int passes = 1;; passes++) {
    double start = now_us();
    pass(count);
    double took = (now_us() - start) / 1000;
    if (took >= (double)ms / 2 && passes > 2) return (double)count / took * 1000;
    double wanted = (double)count * (double)ms / took;
    count = wanted > (double)count * 10 ? count * 10 : wanted < 1 ? 1 : (int64_t)wanted + 1;
  }
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

double round_trip(void (*pass)(int64_t count), int64_t ms, int64_t pause) {
  if (pause == 0) return 1e6 / rate(pass, ms, 64);
  double times[SAMPLES];
  rate(pass, ms, 64);
  for (int i = 0; i < SAMPLES; i++) {
    sleep_ms(pause);
    double start = now_us();
    pass(1);
    times[i] = now_us() - start;
  }
  qsort(times, SAMPLES, sizeof *times, compare);
  return times[SAMPLES / 2];
}
