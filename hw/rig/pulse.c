/*
 * Pulses on simulated lines, all lines at the same time: pulse LINE:COUNT:HZ[:DELAY_US] ...
 * A pulse is half a period high, half a period low; at 0 Hz as fast as the kernel takes it. Times are absolute, so
 * that a late pulse does not delay the others. Prints one line of JSON for each line when all are done.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINES 64
#define NS_PER_S 1000000000LL

struct train {
  int line, fd;
  long count;
  double hz;
  long delay_us;
  long sent;
  long long begin_ns, end_ns;
};

static long long start_ns;

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(long long ns) {
  struct timespec until = {ns / NS_PER_S, ns % NS_PER_S};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
}

static int pull(int fd, const char *to) {
  return pwrite(fd, to, strlen(to), 0) < 0 ? -1 : 0;
}

static void *run(void *argument) {
  struct train *train = argument;
  long long half_ns = train->hz > 0 ? (long long)(NS_PER_S / train->hz / 2) : 0;
  long long at_ns = start_ns + train->delay_us * 1000;
  sleep_until(at_ns);
  train->begin_ns = now_ns();
  for (long n = 0; n < train->count; n++) {
    if (half_ns > 0) sleep_until(at_ns + 2 * n * half_ns);
    if (pull(train->fd, "pull-up")) break;
    if (half_ns > 0) sleep_until(at_ns + (2 * n + 1) * half_ns);
    if (pull(train->fd, "pull-down")) break;
    train->sent++;
  }
  train->end_ns = now_ns();
  return NULL;
}

static int open_line(int line) {
  char pattern[128];
  glob_t found;
  snprintf(pattern, sizeof pattern, "/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio%d/pull", line);
  if (glob(pattern, 0, NULL, &found) != 0) return -1;
  int fd = open(found.gl_pathv[0], O_WRONLY);
  globfree(&found);
  return fd;
}

int main(int argc, char **argv) {
  static struct train trains[MAX_LINES];
  pthread_t threads[MAX_LINES];
  int lines = argc - 1, failed = 0;
  if (lines < 1 || lines > MAX_LINES) return fprintf(stderr, "usage: pulse LINE:COUNT:HZ[:DELAY_US] ...\n"), 2;
  for (int i = 0; i < lines; i++) {
    struct train *train = &trains[i];
    if (sscanf(argv[i + 1], "%d:%ld:%lf:%ld", &train->line, &train->count, &train->hz, &train->delay_us) < 3)
      return fprintf(stderr, "pulse: %s is not LINE:COUNT:HZ[:DELAY_US]\n", argv[i + 1]), 2;
    train->fd = open_line(train->line);
    if (train->fd < 0) return fprintf(stderr, "pulse: there is no simulated line %d\n", train->line), 1;
  }
  start_ns = now_ns() + 20000000;
  for (int i = 0; i < lines; i++)
    if (pthread_create(&threads[i], NULL, run, &trains[i])) return perror("pulse"), 1;
  for (int i = 0; i < lines; i++) {
    struct train *train = &trains[i];
    pthread_join(threads[i], NULL);
    double seconds = (double)(train->end_ns - train->begin_ns) / NS_PER_S;
    printf("{\"line\":%d,\"sent\":%ld,\"askedHz\":%g,\"reachedHz\":%.1f}\n", train->line, train->sent, train->hz,
           seconds > 0 ? train->sent / seconds : 0);
    if (train->sent != train->count) failed = 1;
  }
  return failed;
}
